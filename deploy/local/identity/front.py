"""ministack behind the guard. Runs in the emulation's own environment: `python -m deploy.local.identity.front`.

Configured by ministack's own variables (BIND_HOST, GATEWAY_PORT, STATE_DIR, ...). Its state is written after every
change, not only at its end, so that a kill loses no user.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import ministack.app as stack  # type: ignore[import-not-found, unused-ignore] # in the emulation's environment only
from hypercorn.asyncio import serve  # type: ignore[import-not-found, unused-ignore] # the same
from hypercorn.config import Config  # type: ignore[import-not-found, unused-ignore] # the same
from ministack.core.persistence import save_all  # type: ignore[import-not-found, unused-ignore] # the same
from ministack.services import cognito  # type: ignore[import-not-found, unused-ignore] # the same

from deploy.local.identity.guard import Guard, changes_something
from deploy.local.identity.second_factor import install, triggers_of
from deploy.local.identity.sigv4 import is_signed

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_MAX_BODY_BYTES = 10 * 1024 * 1024


class MinistackPools:
    """The guard's questions, answered from ministack's memory."""

    def client(self, client_id: str) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
        pool, _ = cognito._pool_for_client(client_id)
        return None if pool is None else (pool["_clients"][client_id], pool)

    def username(self, client_id: str, name: str) -> str | None:
        pool, _ = cognito._pool_for_client(client_id)
        user, _ = cognito._resolve_user(pool, name) if pool is not None else (None, None)
        return None if user is None else str(user["Username"])


class Front:
    """An ASGI application before ministack's."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await stack.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # websockets are of no service that runs here
        if scope["path"] == "/health":
            await _health(send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        body = await _body(receive)
        refusal = None
        if body is None:
            refusal = ("RequestEntityTooLargeException", "The body is too large.")
        elif scope["method"] != "OPTIONS":
            refusal = self._guard.refusal(scope["path"], headers, body)
        if refusal is not None:
            await _refuse(send, *refusal)
            return
        answer = _Answer(send)
        await stack.app(scope, _once(body or b"", receive), answer)
        self._guard.answered(headers, body or b"", answer.body)
        if changes_something(headers):
            save_all({"cognito": cognito.get_state})
        await answer.finish()


class _Answer:
    """Holds an answer's last part back until what it says is on the disk."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._last: Message | None = None
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.body":
            self.body += message.get("body", b"")
            if not message.get("more_body"):
                self._last = message
                return
        await self._send(message)

    async def finish(self) -> None:
        if self._last is not None:
            await self._send(self._last)


async def _body(receive: Receive) -> bytes | None:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if len(body) > _MAX_BODY_BYTES:
            return None
        if not message.get("more_body"):
            return body


def _once(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _health(send: Send) -> None:
    """ok once the pool is set up: the parent says so with a file."""
    ready = Path(os.environ["TBI_READY_FILE"]).exists()
    text = {"status": "ok" if ready else "starting", "what": "emulation of Amazon Cognito, for this machine only"}
    await send(
        {
            "type": "http.response.start",
            "status": 200 if ready else 503,
            "headers": [(b"content-type", b"application/json")],
        }
    )
    await send({"type": "http.response.body", "body": json.dumps(text).encode()})


async def _refuse(send: Send, kind: str, text: str) -> None:
    headers = [
        (b"content-type", b"application/x-amz-json-1.1"),
        (b"x-amzn-errortype", kind.encode()),
        (b"access-control-allow-origin", b"*"),
    ]
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps({"__type": kind, "message": text}).encode()})


async def _serve() -> None:
    config = Config()
    config.bind = [f"{os.environ['BIND_HOST']}:{os.environ['GATEWAY_PORT']}"]
    config.keep_alive_timeout = 75
    config.loglevel = "WARNING"
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    checked = partial(
        is_signed,
        access_key_id=os.environ["AWS_ACCESS_KEY_ID"],
        secret_access_key=os.environ["AWS_SECRET_ACCESS_KEY"],
    )
    install(cognito, triggers_of(os.environ, cognito))
    front: Any = Front(Guard(MinistackPools(), checked))
    await serve(front, config, shutdown_trigger=stop.wait)


if __name__ == "__main__":
    asyncio.run(_serve())
