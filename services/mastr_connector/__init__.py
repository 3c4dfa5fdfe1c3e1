"""MaStR-Connector: the register of units (Marktstammdatenregister), imported, kept current, and asked by number."""
