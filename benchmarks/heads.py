"""When a node first showed each block as its head: what a latency to or from a block is measured by."""

from __future__ import annotations

import threading
import time
from typing import Final

from services.shared.chain.client import ChainClient

_EVERY_S: Final = 0.01


class Heads:
    """Looks while `with` lasts. `seen`: block -> `time.monotonic()`."""

    def __init__(self, node: ChainClient) -> None:
        self.seen: dict[int, float] = {}
        self._node = node
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Heads:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(_EVERY_S):
            self.seen.setdefault(self._node.info().head_block_num, time.monotonic())
