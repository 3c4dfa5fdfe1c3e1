"""The HTTP server with the limits of the real one: 5 connections at a time, 10 new ones in 5 seconds.

Beyond them a connection waits in the kernel's queue until it is accepted; a client that keeps one connection never
notices.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CONNECTIONS = 5
NEW_CONNECTIONS = 10
PERIOD_S = 5.0


class ThrottledServer(ThreadingHTTPServer):
    """Threads as many as connections. `throttle` says whether the limits are in force."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], throttle: Callable[[], bool]
    ) -> None:
        self._throttle = throttle
        self._room = threading.Condition()
        self._open: set[Any] = set()
        self._accepted: deque[float] = deque()
        self._stopping = False
        super().__init__(address, handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accepts a connection when the limits let it in; OSError while they do not."""
        with self._room:
            if not self._room.wait_for(self._has_room, timeout=self._patience()):
                raise OSError("too many connections")
            self._accepted.append(time.monotonic())
            connection, client = super().get_request()
            self._open.add(connection)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection, client

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._room:
            self._open.discard(request)
            self._room.notify_all()

    def stop(self) -> None:
        """Ends serving and closes what is open."""
        with self._room:
            self._stopping = True
            self._room.notify_all()
            still_open = list(self._open)
        self.shutdown()
        self.server_close()
        for connection in still_open:
            self.shutdown_request(connection)

    def _patience(self) -> float:
        oldest = self._accepted[0] if self._accepted else 0.0
        return max(0.05, min(0.5, oldest + PERIOD_S - time.monotonic()))

    def _has_room(self) -> bool:
        now = time.monotonic()
        while self._accepted and self._accepted[0] <= now - PERIOD_S:
            self._accepted.popleft()
        if self._stopping or not self._throttle():
            return True
        return len(self._open) < CONNECTIONS and len(self._accepted) < NEW_CONNECTIONS
