"""The keeper: a chain has no timer, so somebody has to call what the market's clock makes due (M-KEE-01)."""
