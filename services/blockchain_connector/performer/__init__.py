"""Writes to the chain: one effect for each Idempotency-Key, whatever breaks in between."""
