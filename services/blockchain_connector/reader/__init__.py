"""Reads the chain: tables decoded and paged, transactions, blocks."""
