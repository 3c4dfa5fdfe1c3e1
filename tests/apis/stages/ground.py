"""What all services stand on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.apis.target import Callers, Target
from tests.integration.chain.support import Chain
from tests.integration.identity.pool import Identity
from tests.integration.mongo import Mongo


@dataclass(frozen=True)
class Ground:
    """What all services stand on."""

    folder: Path
    mongo: Mongo
    redis_url: str
    identity: Identity
    callers: Callers
    chain: Callable[[], Chain]
    """One node for all, started for the first who asks."""
    other: Callable[[str], Target]
    """Another service, started likewise."""


class PoolOf:
    """The emulation of the identity provider, where a harness asks for a pool that signs by itself."""

    def __init__(self, ground: Ground) -> None:
        self.file = ground.identity.file
        self._ground = ground

    def service(self, name: str = "background-manager-logic") -> dict[str, str]:
        return {"Authorization": f"Bearer {self._ground.identity.service_token(name)}"}
