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

    def block(self, number: int) -> dict[str, Any]:
        """With the header's extensions, which only `get_raw_block` tells, where the header has some."""
        block = self._call("/v1/chain/get_block", {"block_num_or_id": number})
        if header_of(block).id.hex() != block["id"]:
            raw = self._call("/v1/chain/get_raw_block", {"block_num_or_id": number})
            block["header_extensions"] = raw["header_extensions"]
        return block

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


def header_of(block: Mapping[str, Any]) -> Header:
    """The header of what `Node.block` gives."""
    return Header(
        timestamp=block_time(moment(block["timestamp"])),
        producer=block["producer"],
        confirmed=block["confirmed"],
        previous=bytes.fromhex(block["previous"]),
        transaction_mroot=bytes.fromhex(block["transaction_mroot"]),
        action_mroot=bytes.fromhex(block["action_mroot"]),
        schedule_version=block["schedule_version"],
        extensions=tuple((kind, bytes.fromhex(data)) for kind, data in block.get("header_extensions", ())),
    )


def moment(text: str) -> float:
    """A node's time, which is UTC and does not say so; in seconds since the epoch."""
    return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC).timestamp()
