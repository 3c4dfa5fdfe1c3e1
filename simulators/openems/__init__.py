"""An OpenEMS Edge: REST, JSON-RPC, cumulated counters and history of one household."""
