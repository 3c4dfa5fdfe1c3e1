"""The TPM API: the only service of a box that talks to its TPM."""
