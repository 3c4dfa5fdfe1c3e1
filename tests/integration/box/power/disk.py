"""What a disk may hold after a power cut, from the calls that a program made of the system.

Each sector (512 bytes) that was written since its file's last sync holds any of its contents since then, each sector
for itself: lost, torn and reordered writes are all among them. A file's length and the names in a folder are those of
any moment since the last sync of file and folder.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SECTOR = 512
CALLS = "openat,pwrite64,write,fdatasync,fsync,ftruncate,unlink"

_LINE = re.compile(r"^(\w+)\((.*)\)\s+= (-?\d+)")
_DESCRIPTOR = re.compile(r"^(\d+)<([^>]*)>(?:, )?")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(frozen=True)
class Call:
    """A call that succeeded. `file`: which one it was made of; for `say` what the program told the outside."""

    name: str
    file: str
    offset: int = 0
    data: bytes = b""


def calls(trace: Path, folder: Path) -> Iterator[Call]:
    """The calls of `strace -y -xx -e trace=CALLS` that touch `folder`, and what was written to the standard output."""
    for line in trace.read_text().splitlines():
        found = _LINE.match(line)
        if found is None or found[3].startswith("-"):
            continue
        if (call := _call(found[1], found[2])) is not None and (call.name == "say" or _inside(call.file, folder)):
            yield call


def _inside(file: str, folder: Path) -> bool:
    return file == str(folder) or Path(file).parent == folder


def _call(name: str, arguments: str) -> Call | None:
    if name == "openat":
        return Call("create", _paths(arguments)[0]) if "O_CREAT" in arguments else None
    if name == "unlink":
        return Call("unlink", _paths(arguments)[0])
    descriptor = _DESCRIPTOR.match(arguments)
    if descriptor is None:
        return None
    number, file, rest = descriptor[1], _plain(descriptor[2]), arguments[descriptor.end() :]
    if name == "write":
        return Call("say", "", data=_bytes(rest)) if number == "1" else None
    if name == "pwrite64":
        return Call("write", file, int(rest.rsplit(", ", 1)[1]), _bytes(rest))
    return Call("sync", file) if name != "ftruncate" else Call("truncate", file, int(rest))


def _paths(arguments: str) -> list[str]:
    return [bytes.fromhex(text.replace("\\x", "")).decode() for text in _TEXT.findall(arguments)]


def _plain(file: str) -> str:
    """-xx writes paths in hexadecimal, too."""
    return bytes.fromhex(file.replace("\\x", "")).decode() if file.startswith("\\x") else file


def _bytes(text: str) -> bytes:
    found = _TEXT.search(text)
    assert found is not None, text[:80]
    return bytes.fromhex(found[1].replace("\\x", ""))


@dataclass
class _File:
    durable: bytearray = field(default_factory=bytearray)
    pending: list[Call] = field(default_factory=list)

    def sync(self) -> None:
        for call in self.pending:
            _apply(self.durable, call)
        self.pending.clear()

    def after_a_cut(self, chance: random.Random) -> bytes:
        """Any of the contents that the disk may hold."""
        content = bytearray(self.durable)
        moments: dict[int, int] = {}
        now = chance.randint(0, len(self.pending))
        length = len(self.durable)
        for index, call in enumerate(self.pending):
            if index < now:
                length = call.offset if call.name == "truncate" else max(length, call.offset + len(call.data))
            if call.name != "write":
                continue
            for begin in range(call.offset, call.offset + len(call.data), SECTOR):
                moment = moments.setdefault(begin // SECTOR, chance.randint(0, len(self.pending)))
                if index < moment:
                    part = call.data[begin - call.offset : begin - call.offset + SECTOR]
                    _apply(content, Call("write", "", begin, part))
        return bytes(content[:length].ljust(length, b"\0"))


def _apply(content: bytearray, call: Call) -> None:
    if call.name == "truncate":
        del content[call.offset :]
        content.extend(bytes(max(0, call.offset - len(content))))
        return
    content.extend(bytes(max(0, call.offset - len(content))))
    content[call.offset : call.offset + len(call.data)] = call.data


class Disk:
    """One folder on a disk; `take` each call in turn, `cut` at any moment."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._names: dict[str, _File] = {}
        self._durable_names: dict[str, _File] = {}
        self._since: list[dict[str, _File]] = []

    def take(self, call: Call) -> None:
        """The program made this call."""
        name = Path(call.file).name
        if call.name == "create" and name not in self._names:
            self._rename({**self._names, name: _File()})
        elif call.name == "unlink":
            self._rename({other: file for other, file in self._names.items() if other != name})
        elif call.name == "sync" and call.file == self._folder:
            self._durable_names, self._since = self._names, []
        elif call.name == "sync":
            self._names[name].sync()
        elif call.name in ("write", "truncate"):
            self._names[name].pending.append(call)

    def cut(self, chance: random.Random, into: Path) -> None:
        """Writes what may be left into a folder. Shared memory (-shm) is gone."""
        names = chance.choice([self._durable_names, *self._since])
        for name, file in names.items():
            if not name.endswith("-shm"):
                (into / name).write_bytes(file.after_a_cut(chance))

    def _rename(self, names: dict[str, _File]) -> None:
        self._names = names
        self._since.append(names)
