"""Settlements that a third party can check without a node (docs/settlement.md)."""
