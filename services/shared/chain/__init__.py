"""The chain's formats (ABI packing, keys, transactions), signers, and a client of its nodes."""
