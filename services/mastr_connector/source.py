"""Where an export comes from: a name in the folder of exports, or an address that is allowed."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import requests

from services.mastr_connector.domain import Progress
from services.mastr_connector.errors import BadExport

_TRIES = 4
_TIMEOUT_S = (10, 120)
_CHUNK = 1 << 16
_BEYOND = 416


class Sources:
    """Exports in `folder`, and those whose address begins with one of `urls`."""

    def __init__(self, folder: Path, urls: tuple[str, ...]) -> None:
        self._folder = folder
        self._urls = urls

    def fault(self, source: str) -> str | None:
        """Why `source` is not one that may be read, or None."""
        if "://" in source:
            # a prefix with its slash: no other host begins with it
            if not any(source.startswith(f"{url}/") for url in self._urls) or "@" in urlsplit(source).netloc:
                return f"must begin with one of {', '.join(f'{url}/' for url in self._urls) or 'no address'}"
            return None
        try:
            place = (self._folder / source).resolve()
        except (OSError, ValueError):
            return "is no path"
        if not place.is_relative_to(self._folder.resolve()) or place == self._folder.resolve():
            return "must be a zip or a folder within the connector's folder of exports"
        return None

    @contextmanager
    def opened(self, source: str, progress: Progress) -> Iterator[Path]:
        """The export as a local path while in use; what was downloaded is removed again. Raises BadExport.

        What a transfer that ended early has left stays, and the next job goes on there.
        """
        reason = self.fault(source)
        if reason is not None:
            raise BadExport(f"the source {reason}")
        if "://" not in source:
            yield (self._folder / source).resolve()
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        target = self._folder / f".download-{Path(urlsplit(source).path).name[-100:] or 'export.zip'}"
        _download(source, target, progress)
        try:
            yield target
        finally:
            _forget(target)


def _download(url: str, target: Path, progress: Progress) -> None:
    """Goes on where a transfer ended, also an earlier job's, as long as the file is the same. Raises BadExport."""
    reason = ""
    for _ in range(_TRIES):
        try:
            if _transfer(url, target, progress):
                if not zipfile.is_zipfile(target):
                    _forget(target)
                    raise BadExport(f"what is at {url} is no zip; look whether that day's export is there")
                return
        except requests.RequestException as error:
            reason = error.__class__.__name__
    raise BadExport(
        f"{url} could not be fetched whole in {_TRIES} tries ({reason or 'it ended early'}); try again later"
    )


def _transfer(url: str, target: Path, progress: Progress) -> bool:
    """Whether the file is whole now."""
    have, headers = _begun(url, target)
    with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT_S, allow_redirects=False) as answer:
        if answer.status_code == _BEYOND:
            _forget(target)
            return False
        if answer.status_code not in (200, 206):
            raise BadExport(f"{url} answers with {answer.status_code}; look whether that day's export is there")
        done = have if answer.status_code == 206 else 0
        length = int(answer.headers.get("Content-Length") or 0)
        total = done + length
        if not done:
            # a weak tag does not say that the bytes are the same
            tag = answer.headers.get("ETag", "W/")
            known = answer.headers.get("Last-Modified", "") if tag.startswith("W/") else tag
            _tag_of(target).write_text(f"{url}\n{known}")
        with target.open("ab" if done else "wb") as file:
            for chunk in answer.iter_content(_CHUNK):
                file.write(chunk)
                done += len(chunk)
                progress(done, total, "bytes downloaded")
    return done == total or not length


def _begun(url: str, target: Path) -> tuple[int, dict[str, str]]:
    """How much of the file is there, and the headers that ask for the rest of the same."""
    have = target.stat().st_size if target.exists() else 0
    from_there, _, known = _tag_of(target).read_text().partition("\n") if _tag_of(target).exists() else ("", "", "")
    if not have or from_there != url or not known:
        return 0, {}
    return have, {"Range": f"bytes={have}-", "If-Range": known}


def _tag_of(target: Path) -> Path:
    return target.with_name(f"{target.name}.tag")


def _forget(target: Path) -> None:
    target.unlink(missing_ok=True)
    _tag_of(target).unlink(missing_ok=True)
