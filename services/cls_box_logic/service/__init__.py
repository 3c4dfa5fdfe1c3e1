"""The use cases of the box."""
