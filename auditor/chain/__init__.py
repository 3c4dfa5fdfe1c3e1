"""A chain's blocks as an outsider reads them: from a node, a block log or an export; what proves them; who signed."""
