"""What cannot be had again from the chain or the register, in one file, and back from it.

primary.py   which collections that are
archive.py   the file: a zip with a manifest and every collection's documents, each with its digest
store.py     MongoDB: reading all documents, writing them into an empty database
"""
