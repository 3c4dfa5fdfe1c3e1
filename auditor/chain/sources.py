"""Where blocks come from: a node, a node's block log, an export. Each gives all blocks in order, from the first."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol, runtime_checkable

import requests

from auditor.chain.blocks import Block, of_bytes, of_json
from auditor.errors import CannotLook
from auditor.settlement.genesis import packed_genesis, packed_size
from auditor.settlement.wire import Reader, WireError, sha256

FORMAT: Final = "tbi-audit-export"
VERSION: Final = 1
_TIMEOUT_S: Final = 20
_AHEAD: Final = 64
_BLOCK_COMES_S: Final = 15.0
_LOOK_EVERY_S: Final = 0.1
_READERS: Final = 2
_LOG_VERSION: Final = 3
_TOTEM: Final = b"\xff" * 8
_LARGEST_BLOCK: Final = 1 << 26


class Source(Protocol):
    """`chain_id`: in hex; `first_key`: the key of the first producer, `eosio`."""

    chain_id: str
    first_key: str

    def blocks(self) -> Iterator[Block]: ...


@runtime_checkable
class WithTables(Source, Protocol):
    """A source that goes on after the last of its `blocks`, and has tables."""

    def rows(self, contract: str, scope: str, table: str) -> list[dict[str, Any]]: ...

    def head(self) -> int: ...

    def later(self) -> int: ...

    def block(self, number: int) -> Block: ...


def genesis_of(first: Mapping[str, Any]) -> tuple[str, str]:
    """Chain id and first key of a `genesis.json`. Raises CannotLook."""
    try:
        return _genesis(packed_genesis(first))
    except (KeyError, ValueError, TypeError) as error:
        raise CannotLook(f"this is no genesis.json: {error!r}") from error


def _genesis(packed: bytes) -> tuple[str, str]:
    reader = Reader(packed)
    reader.take(8)
    return sha256(packed).hex(), reader.public_key()


class NodeSource:
    """A node that keeps all traces; `blocks` are those that are irreversible now. `genesis`: needed once the first
    schedule is no longer the current one."""

    def __init__(self, url: str, genesis: Mapping[str, Any] | None = None) -> None:
        self._url = url.rstrip("/")
        self._session = requests.Session()
        info = self._call("/v1/chain/get_info", {})
        self.chain_id = str(info["chain_id"])
        self.last = int(info["last_irreversible_block_num"])
        if genesis is not None:
            chain_id, self.first_key = genesis_of(genesis)
            if chain_id != self.chain_id:
                raise CannotLook(f"the node is of the chain {self.chain_id}, the genesis of {chain_id}")
        else:
            self.first_key = self._first_key()

    def _first_key(self) -> str:
        schedule = self._call("/v1/chain/get_producer_schedule", {})["active"]
        if schedule["version"]:
            raise CannotLook("the first producers are no longer the current ones: give the chain's --genesis FILE")
        key = schedule["producers"][0]["authority"][1]["keys"][0]["key"]
        return str(key)

    def pairs(self) -> Iterator[tuple[dict[str, Any], dict[str, Any] | None]]:
        """Blocks and traces as the node tells them, up to the last one that is irreversible."""
        with ThreadPoolExecutor(_READERS) as pool:
            for start in range(1, self.last + 1, _AHEAD):
                yield from pool.map(self._pair, range(start, min(start + _AHEAD, self.last + 1)))

    def blocks(self) -> Iterator[Block]:
        return (of_json(raw, trace) for raw, trace in self.pairs())

    def rows(self, contract: str, scope: str, table: str) -> list[dict[str, Any]]:
        """All rows as they stand at the node's head now."""
        found: list[dict[str, Any]] = []
        lower = ""
        while True:
            wanted = {"json": True, "code": contract, "scope": scope, "table": table, "limit": 500}
            page = self._call("/v1/chain/get_table_rows", {**wanted, "lower_bound": lower})
            found += page["rows"]
            if not page["more"]:
                return found
            lower = page["next_key"]

    def head(self) -> int:
        """The number of the newest block."""
        return int(self._call("/v1/chain/get_info", {})["head_block_num"])

    def later(self) -> int:
        """The number of a block whose making began after this was called: waits for it, some seconds at most. The rows
        that a node tells show what is in the block that it is making, too. Raises CannotLook when no block comes."""
        begun = self.head() + 1
        deadline = time.monotonic() + _BLOCK_COMES_S
        while (head := self.head()) < begun + 1:
            if time.monotonic() > deadline:
                raise CannotLook(f"no block followed block {head} for {_BLOCK_COMES_S} s")
            time.sleep(_LOOK_EVERY_S)
        return head

    def block(self, number: int) -> Block:
        """As the node has it now: one after the last irreversible one may be another later."""
        return of_json(*self._pair(number))

    def _pair(self, number: int) -> tuple[dict[str, Any], dict[str, Any] | None]:
        raw = self._call("/v1/chain/get_raw_block", {"block_num_or_id": number})
        # the first block has no trace: nothing was executed in it
        return raw, None if number == 1 else self._call("/v1/trace_api/get_block", {"block_num": number})

    def _call(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        try:
            answer = self._session.post(self._url + path, json=body, timeout=_TIMEOUT_S)
            value = answer.json()
        except requests.RequestException as error:
            raise CannotLook(f"the node at {self._url} does not answer: {error}") from error
        if answer.status_code >= requests.codes.bad_request or not isinstance(value, dict):
            raise CannotLook(f"the node at {self._url} gives no {path} for {dict(body)}: {str(value)[:300]}")
        return value


class BlockLogSource:
    """A `blocks.log` of nodeos (version 3) that begins with the chain's first block."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with _opened(path) as file:
            self.chain_id, self.first_key = self._head(file)

    def _head(self, file: BinaryIO) -> tuple[str, str]:
        head = file.read(8 + packed_size() + len(_TOTEM))
        version, first = int.from_bytes(head[:4], "little"), int.from_bytes(head[4:8], "little")
        if version != _LOG_VERSION or first != 1:
            raise CannotLook(
                f"{self._path} is no whole block log of version {_LOG_VERSION}: version {version} from block {first}"
            )
        if head[-8:] != _TOTEM:
            raise CannotLook(f"{self._path}: the genesis in it has another size than is known here")
        try:
            return _genesis(head[8:-8])
        except WireError as error:
            raise CannotLook(f"{self._path}: {error}") from error

    def blocks(self) -> Iterator[Block]:
        """A block has no length of its own: its position follows it, which says where it ends."""
        with _opened(self._path) as file:
            self._head(file)
            begin = file.tell()
            ends = self._ends(file, begin)
            for end in ends:
                file.seek(begin)
                yield of_bytes(file.read(end - begin))
                begin = end + 8

    def _ends(self, file: BinaryIO, begin: int) -> list[int]:
        """Where each block ends, from the positions behind them, which are read from the end of the file."""
        ends: list[int] = []
        at = file.seek(0, 2)
        while at > begin:
            file.seek(at - 8)
            position = int.from_bytes(file.read(8), "little")
            if not begin <= position < at - 8 or at - position > _LARGEST_BLOCK:
                raise CannotLook(f"{self._path}: the positions at its end are damaged (at byte {at - 8})")
            ends.append(at - 8)
            at = position
        return ends[::-1]


class ExportSource:
    """A file that `write_export` has written: gzip, a line of JSON for the head, one a block, one for the end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        head = next(self._lines(), {})
        if (head.get("format"), head.get("version")) != (FORMAT, VERSION):
            raise CannotLook(f"{path} is no {FORMAT} of version {VERSION}")
        self.chain_id, self.first_key = str(head.get("chain_id")), str(head.get("first_key"))

    def blocks(self) -> Iterator[Block]:
        lines = self._lines()
        next(lines)
        count = 0
        for line in lines:
            if "end" in line:
                if line["end"] != count:
                    raise CannotLook(f"{self._path} ends at block {count}, not {line['end']}: it is not whole")
                return
            count += 1
            if "raw" not in line:
                raise CannotLook(f"{self._path}: line {count + 1} is no block")
            yield of_json(line["raw"], line.get("trace"))
        raise CannotLook(f"{self._path} ends after block {count} without its last line: it is not whole")

    def _lines(self) -> Iterator[dict[str, Any]]:
        with _opened(self._path) as file, gzip.open(file) as plain:
            try:
                for line in plain:
                    found = json.loads(line)
                    if not isinstance(found, dict):
                        raise CannotLook(f"{self._path}: a line that is no object")
                    yield found
            except (OSError, EOFError, ValueError) as error:
                raise CannotLook(f"{self._path} cannot be read: {error}") from error


def write_export(source: NodeSource, path: Path) -> int:
    """Writes the export; gives the number of its last block."""
    count = 0
    with gzip.open(path, "wt", compresslevel=6, encoding="utf-8") as file:
        head = {"format": FORMAT, "version": VERSION, "chain_id": source.chain_id, "first_key": source.first_key}
        file.write(json.dumps(head) + "\n")
        for raw, trace in source.pairs():
            count += 1
            file.write(json.dumps({"raw": raw, "trace": trace}, separators=(",", ":")) + "\n")
        file.write(json.dumps({"end": count}) + "\n")
    return count


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise CannotLook(f"{path} cannot be read: {error}") from error
