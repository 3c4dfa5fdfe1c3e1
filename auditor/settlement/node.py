"""What is read from a node: its chain API and its trace API, nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Final

import requests

from auditor.settlement.errors import NotYet
from auditor.settlement.wire import Header, block_time

_TIMEOUT_S: Final = 20
_AHEAD: Final = 64
_READERS: Final = 2


class Node:
    """Any node that keeps the traces from the first block on."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._session = requests.Session()

    def info(self) -> dict[str, Any]:
        return self._call("/v1/chain/get_info", {})

    def schedules(self) -> list[dict[str, Any]]:
        """The producers' schedules that the node knows of now."""
        found = self._call("/v1/chain/get_producer_schedule", {})
        return [found[name] for name in ("active", "pending", "proposed") if found.get(name)]

    def block(self, number: int) -> dict[str, Any]:
        return self._call("/v1/chain/get_block", {"block_num_or_id": number})

    def trace(self, number: int) -> dict[str, Any]:
        return self._call("/v1/trace_api/get_block", {"block_num": number})

    def traces(self, begin: int, end: int) -> Iterator[dict[str, Any]]:
        """Of the blocks from `begin` to before `end`, in order; some are fetched ahead."""
        with ThreadPoolExecutor(_READERS) as pool:
            for start in range(begin, end, _AHEAD):
                yield from pool.map(self.trace, range(start, min(start + _AHEAD, end)))

    def _call(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        try:
            answer = self._session.post(self._url + path, json=body, timeout=_TIMEOUT_S)
            value = answer.json()
        except requests.RequestException as error:
            raise NotYet(f"the node at {self._url} does not answer: {error}") from error
        if answer.status_code >= 400 or not isinstance(value, dict):
            raise NotYet(f"the node at {self._url} gives no {path} for {dict(body)}: {str(value)[:300]}")
        return value


def header_of(block: Mapping[str, Any], extension: tuple[int, bytes] | None = None) -> Header:
    """The header as the node tells it, which leaves out extensions; compare its id with the block's."""
    return Header(
        timestamp=block_time(moment(block["timestamp"])),
        producer=block["producer"],
        confirmed=block["confirmed"],
        previous=bytes.fromhex(block["previous"]),
        transaction_mroot=bytes.fromhex(block["transaction_mroot"]),
        action_mroot=bytes.fromhex(block["action_mroot"]),
        schedule_version=block["schedule_version"],
        extensions=(extension,) if extension else (),
    )


def moment(text: str) -> float:
    """A node's time, which is UTC and does not say so; in seconds since the epoch."""
    return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC).timestamp()
