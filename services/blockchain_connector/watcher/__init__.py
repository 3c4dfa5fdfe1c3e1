"""Tells what happened on the chain: a box its own events, the cloud side everything that is irreversible."""
