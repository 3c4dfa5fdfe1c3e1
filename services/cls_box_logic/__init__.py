"""CLS-Box-Logic: measures what the box's meters count, delivers it to the market, and takes its owner's orders."""
