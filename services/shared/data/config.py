"""What a service must be told of MongoDB and Redis; a service's own Config inherits what it needs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from services.shared.web.config import Setting, as_path


def as_mongo_uri(value: str) -> str:
    """Where MongoDB is."""
    if not value.startswith(("mongodb://", "mongodb+srv://")):
        raise ValueError("a URI that begins with mongodb:// or mongodb+srv://")
    return value


def as_redis_url(value: str) -> str:
    """Where Redis is."""
    if not value.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("a URL that begins with redis://, rediss:// or unix://")
    return value


@dataclass(frozen=True, kw_only=True)
class MongoConfig:
    """The document database."""

    mongo_uri: Annotated[
        str,
        Setting("MONGO_URI", as_mongo_uri, "the URI of MongoDB", example="mongodb://tbi@127.0.0.1:27017/", secret=True),
    ]
    mongo_password_file: Annotated[
        Path | None,
        Setting(
            "TBI_MONGO_PASSWORD_FILE",
            as_path,
            "the file with the password of the URI's user, mode 0600",
            example="/var/lib/tbi/mongo-password",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class JobsConfig:
    """The queue of jobs."""

    redis_url: Annotated[
        str,
        Setting("TBI_REDIS_URL", as_redis_url, "the URL of Redis", example="redis://127.0.0.1:6379/0", secret=True),
    ]
