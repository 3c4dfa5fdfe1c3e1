"""A mongod of its own."""

from tests.integration.mongo import mongo

__all__ = ["mongo"]
