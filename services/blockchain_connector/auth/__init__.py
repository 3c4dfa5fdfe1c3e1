"""Sign-in for machines: a token for an e-mail address and a password."""
