"""A real MongoDB and a real Redis."""

from tests.integration.mongo import mongo
from tests.integration.redis_server import redis_url

__all__ = ["mongo", "redis_url"]
