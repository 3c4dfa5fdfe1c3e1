"""Downloads that end early are gone on with, and only as long as the file is the same."""

from __future__ import annotations

import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from services.mastr_connector.errors import BadExport
from services.mastr_connector.source import Sources


@dataclass
class Shelf:
    """A server of one file that gives at most `most` bytes an answer, and ends it early then."""

    content: bytes
    tag: str = '"one"'
    most: int = 1 << 30
    asked: list[tuple[str | None, str | None]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    with zipfile.ZipFile(tmp_path / "made.zip", "w") as archive:
        archive.writestr("EinheitenSolar.xml", "x" * 500_000)
    made = Shelf((tmp_path / "made.zip").read_bytes())

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            begin, same = self.headers.get("Range"), self.headers.get("If-Range")
            made.asked.append((begin, same))
            first = int(begin.removeprefix("bytes=").rstrip("-")) if begin and same == made.tag else 0
            rest = made.content[first:]
            self.send_response(206 if first else 200)
            self.send_header("ETag", made.tag)
            self.send_header("Content-Length", str(len(rest)))
            self.end_headers()
            self.wfile.write(rest[: made.most])

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ARG002 - the base class names them
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield made
    server.shutdown()
    server.server_close()


def fetched(shelf: Shelf, folder: Path) -> bytes:
    with Sources(folder, (shelf.url,)).opened(f"{shelf.url}/day.zip", lambda *_: None) as path:
        return path.read_bytes()


def test_a_later_job_goes_on_where_an_earlier_one_ended(shelf: Shelf, tmp_path: Path) -> None:
    shelf.most = 100_000
    with pytest.raises(BadExport, match="could not be fetched whole"):
        fetched(shelf, tmp_path / "exports")
    assert [begin for begin, _ in shelf.asked] == [None, "bytes=65536-", "bytes=131072-", "bytes=196608-"]
    shelf.most = 1 << 30
    assert fetched(shelf, tmp_path / "exports") == shelf.content
    assert shelf.asked[-1] == ("bytes=262144-", '"one"')
    assert list((tmp_path / "exports").iterdir()) == []


def test_a_file_that_is_another_one_now_is_fetched_from_its_begin(shelf: Shelf, tmp_path: Path) -> None:
    shelf.most = 100_000
    with pytest.raises(BadExport):
        fetched(shelf, tmp_path / "exports")
    shelf.most, shelf.tag = 1 << 30, '"two"'
    shelf.content = shelf.content.replace(b"xxx", b"yyy")
    assert fetched(shelf, tmp_path / "exports") == shelf.content


def test_without_a_strong_tag_nothing_is_gone_on_with(shelf: Shelf, tmp_path: Path) -> None:
    shelf.most, shelf.tag = 100_000, 'W/"one"'
    with pytest.raises(BadExport):
        fetched(shelf, tmp_path / "exports")
    assert {begin for begin, _ in shelf.asked} == {None}
