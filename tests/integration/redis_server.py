"""A real Redis for the tests of a folder: `from tests.integration.redis_server import redis_url` in its conftest."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator

import pytest
from redis import Redis
from redis.exceptions import RedisError

from services.shared.wait import wait_until
from tests.integration.box.processes import free_port


@pytest.fixture(scope="package")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Redis that keeps everything; each test takes a queue of a name of its own."""
    port = free_port()
    folder = tmp_path_factory.mktemp("redis")
    settings = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--appendonly", "yes", "--save", ""]
    program = shutil.which("redis-server") or "redis-server"
    process = subprocess.Popen([program, *settings], stdout=subprocess.DEVNULL)
    url = f"redis://127.0.0.1:{port}/0"
    with Redis.from_url(url) as redis:
        wait_until(lambda: _answers(redis), 20, what="redis-server")
    yield url
    process.terminate()
    process.wait(timeout=20)


def _answers(redis: Redis) -> bool:
    try:
        return bool(redis.ping())
    except RedisError:
        return False
