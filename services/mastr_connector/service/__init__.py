"""The use cases: import, update, and what is asked of the copy."""
