"""Reads an export of the whole register (Gesamtdatenexport): a zip or a folder of UTF-16 XML files.

A table is one file or parts `_1` to `_n` of it; which table a file is of its root element says. Records are read one
by one, so that memory does not grow with the export. An element that is absent is an empty value; the order of elements
means nothing. A file is read as text (quick.py) as long as it is plain, else from there on by an XML parser.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, Final, Self

from lxml import etree

from services.mastr_connector.errors import BadExport
from services.mastr_connector.quick import Odd, Record, Wanted, quick_records
from services.mastr_connector.streams import Cleaned, Counted, Member, Told, root_of
from services.mastr_connector.tables import ALL

_FILE: Final = re.compile(r"(?P<stem>.+?)(?:_(?P<part>[1-9][0-9]{0,5}))?\.xml", re.IGNORECASE | re.DOTALL)
_DAY: Final = re.compile(r"Gesamtdatenexport_(\d{4})(\d{2})(\d{2})")
_HEAD: Final = 4096
_UNFINISHED_MOST: Final = 32 << 20
_UNKNOWN_MOST: Final = 32 << 30
"""Bytes of files of which nothing is kept, and which are read for their checksum only."""

_REPAIRABLE: Final = frozenset(
    {etree.ErrorTypes.ERR_INVALID_CHAR, etree.ErrorTypes.ERR_INVALID_CHARREF, etree.ErrorTypes.ERR_INVALID_ENCODING}
)
_READ_ERRORS: Final = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)


class Reader:
    """Reads single files of the export at `path`, which may be another process's; a context manager. Raises BadExport.

    `repaired` are the files from which characters were taken out.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.repaired: set[str] = set()
        self._zip: zipfile.ZipFile | None = None

    def __enter__(self) -> Self:
        if self.path.is_file():
            try:
                self._zip = zipfile.ZipFile(self.path)
            except _READ_ERRORS as error:
                raise BadExport(f"{self.path.name} is no whole zip ({error}); fetch it again") from error
        elif not self.path.is_dir():
            raise BadExport(f"there is no export {self.path.name}; give the name of a zip or a folder that is there")
        return self

    def __exit__(self, *_: object) -> None:
        if self._zip is not None:
            self._zip.close()

    def files(self) -> Iterator[tuple[str, int, int]]:
        """Name, unpacked size and checksum of each file."""
        if self._zip is not None:
            yield from ((info.filename, info.file_size, info.CRC) for info in self._zip.infolist() if not info.is_dir())
            return
        for file in sorted(file for file in self.path.rglob("*.xml") if file.is_file()):
            yield str(file.relative_to(self.path)), file.stat().st_size, _crc(file)

    def records(
        self,
        member: Member,
        record: str,
        read: Callable[[int], None],
        wanted: Wanted | None = None,
        *,
        skipped: frozenset[str] = frozenset(),
    ) -> Iterator[Record | None]:
        """The records of a file; None for one that `wanted` rules out (not all of those: look at the others, too).

        Elements that are `skipped` may be missing in them.
        """
        given, told = 0, 0

        def count(size: int) -> None:
            nonlocal told
            told += size
            read(size)

        try:
            with self._open(member.name) as file:
                for found in quick_records(file, member.table, record, count, wanted or {}, skipped=skipped):
                    given += 1
                    yield found
            return
        except Odd:
            yield from self._parsed(member, record, Told(read, told), given)
        except _READ_ERRORS as error:
            raise _broken(member, given, error) from error

    def _parsed(self, member: Member, record: str, read: Callable[[int], None], begin: int) -> Iterator[Record]:
        """With the parser, from record `begin` on."""
        given = 0
        try:
            with self._open(member.name) as file:
                for found in _parse(Counted(file, read), member, record):
                    given += 1
                    if given > begin:
                        yield found
                _read_out(file)
            return
        except etree.XMLSyntaxError as error:
            if getattr(error, "code", 0) not in _REPAIRABLE:
                raise _broken(member, given, error) from error
        except _READ_ERRORS as error:
            raise _broken(member, given, error) from error
        yield from self._repaired(member, record, max(begin, given))

    def _repaired(self, member: Member, record: str, given: int) -> Iterator[Record]:
        """Once more, without the characters that XML forbids; from the record on that was not given yet."""
        self.repaired.add(member.name)
        try:
            with self._open(member.name) as file:
                for index, found in enumerate(_parse(Cleaned(file), member, record, encoding="utf-8")):
                    if index >= given:
                        yield found
                _read_out(file)
        except (etree.XMLSyntaxError, *_READ_ERRORS) as error:
            raise _broken(member, given, error) from error

    def test(self, name: str, went_on: Callable[[], None]) -> None:
        """Reads a file of which nothing is kept, for its checksum. Raises BadExport, and what `went_on` does."""
        try:
            with self._open(name) as file:
                _read_out(file, went_on)
        except _READ_ERRORS as error:
            raise BadExport(f"{name} is broken ({str(error)[:200]}); fetch the export again") from error

    def _open(self, name: str) -> IO[bytes]:
        if self._zip is not None:
            return self._zip.open(name)
        return (self.path / name).open("rb")


class Export(Reader):
    """An export at `path`, all of its files known; a context manager. Raises BadExport.

    `renamed`: files that are called otherwise than the table they hold. `unknown`: those of no table that is known.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._members: dict[str, list[Member]] = {}
        self.renamed: list[str] = []
        self.unknown: list[str] = []
        self._unknown_size = 0

    def __enter__(self) -> Self:
        super().__enter__()
        for name, size, crc in self.files():
            self._take(name, size, crc)
        if self._unknown_size > _UNKNOWN_MOST:
            raise BadExport(
                f"{self.path.name} holds {self._unknown_size >> 30} GiB that are none of the register's files"
            )
        for members in self._members.values():
            for stem in {member.stem for member in members}:
                _check_parts([member for member in members if member.stem == stem])
        return self

    def _take(self, name: str, size: int, crc: int) -> None:
        matched = _FILE.fullmatch(name.rpartition("/")[2])
        stem = matched["stem"] if matched else ""
        root = self._root(name) if matched else None
        # a file of the register's whose root is of no table is read all the same, to fail by its name
        table = root if root in ALL else stem
        if matched is None or table not in ALL:
            self.unknown.append(name)
            self._unknown_size += size
            return
        if table != stem:
            self.renamed.append(name)
        member = Member(name, table, int(matched["part"] or 0), size, crc, stem)
        self._members.setdefault(table, []).append(member)

    def _root(self, name: str) -> str | None:
        try:
            with self._open(name) as file:
                return root_of(file.read(_HEAD))
        except _READ_ERRORS:
            return None

    def has(self, table: str) -> bool:
        """Whether the export has files of this table."""
        return table in self._members

    def members(self, table: str) -> list[Member]:
        """The table's files in their order; none when it has none."""
        return sorted(self._members.get(table, ()), key=lambda member: (member.stem, member.part))

    @property
    def fingerprint(self) -> list[str]:
        """Another one for another content: name, size and checksum of each file."""
        members = (member for parts in self._members.values() for member in parts)
        return sorted(f"{Path(member.name).name}:{member.size}:{member.crc:08x}" for member in members)

    @property
    def day(self) -> str | None:
        """The export's day after its name, as YYYY-MM-DD."""
        found = _DAY.search(self.path.name)
        return "-".join(found.groups()) if found else None


def _parse(file: Any, member: Member, record: str, encoding: str | None = None) -> Iterator[Record]:
    """The records of one file. Raises XMLSyntaxError, BadExport and what reading raises."""
    whole = _Checked(file, member, encoding)
    walk = etree.iterparse(
        whole,
        tag=record,
        resolve_entities=False,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
        encoding=encoding,
    )
    for _, element in walk:
        whole.unfinished = 0
        yield {child.tag: child.text for child in element if child.text}
        parent = element.getparent()
        element.clear()
        while element.getprevious() is not None:
            del parent[0]


class _Checked:
    """A file whose root was looked at before the rest is read: what is another thing is not read into memory.

    Nor is a tag or a record without an end, which the parser would keep: `unfinished` counts the bytes since the last
    record. `read` raises OSError then.
    """

    def __init__(self, file: Any, member: Member, encoding: str | None) -> None:
        self._file = file
        self.unfinished = 0
        self._head: bytes = file.read(_HEAD)
        parser = etree.XMLPullParser(("start",), resolve_entities=False, no_network=True, encoding=encoding)
        parser.feed(self._head)
        for _, root in parser.read_events():
            _check_root(root, member)
            return
        raise BadExport(f"{member.name} does not begin like a file of the register; fetch the export again")

    def read(self, size: int = -1) -> bytes:
        head, self._head = self._head, b""
        chunk: bytes = head or self._file.read(size)
        self.unfinished += len(chunk)
        if self.unfinished > _UNFINISHED_MOST:
            raise OSError(f"no end of a record within {_UNFINISHED_MOST >> 20} MiB")
        return chunk


def _check_root(root: Any, member: Member) -> None:
    if root.getroottree().docinfo.doctype:
        raise BadExport(f"{member.name} carries a document type, which the register's files never do")
    if root.tag != member.table:
        raise BadExport(f"{member.name} holds {str(root.tag)[:60]} in place of {member.table}; fetch the export again")


def _check_parts(members: list[Member]) -> None:
    parts = sorted(member.part for member in members)
    expected = [0] if parts == [0] else list(range(1, len(parts) + 1))
    if parts != expected:
        missing = sorted(set(range(1, parts[-1] + 1)) - set(parts))
        what = f"lacks the parts {missing[:5]}" if missing else "has parts of one number twice"
        raise BadExport(f"the export {what} of {members[0].table}; fetch it again")


def _broken(member: Member, given: int, error: Exception) -> BadExport:
    return BadExport(
        f"{member.name} is broken after its record {given} ({str(error)[:200]}); "
        "fetch the export again, or take another day's"
    )


def _read_out(file: IO[bytes], went_on: Callable[[], None] = lambda: None) -> None:
    """To the end, where a zip's file is compared with its checksum."""
    while file.read(1 << 20):
        went_on()


def _crc(file: Path) -> int:
    crc = 0
    with file.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            crc = zlib.crc32(chunk, crc)
    return crc
