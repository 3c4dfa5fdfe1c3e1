"""What goes wrong with a box's beginning or end. One sentence for who does it."""


class ProvisionError(Exception):
    """It cannot be done as asked."""
