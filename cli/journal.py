"""`journal`: whether what a box wrote down is what it shows now."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click
import requests

from services.cls_box_logic.domain.hash_chain import BrokenChain
from services.cls_box_logic.domain.proof import Verified, verify
from services.shared.chain.errors import KeyFormatError
from services.shared.chain.keys import from_text, r1_signature

HOLDS, BROKEN, UNKNOWN = 0, 1, 2
_PATH: Final = click.Path(path_type=Path)
_PAGE: Final = 1000


@click.command()
@click.argument("source")
@click.option("--secret-file", type=_PATH, help="The box's secret, for a SOURCE that is a URL.")
@click.option("--key", help="PUB_R1_... by which all heads must be signed: the box's key on the chain.")
@click.option("--since", default=0, show_default=True, help="The number of the last entry that was checked before.")
def journal(source: str, secret_file: Path | None, key: str | None, since: int) -> None:
    """Check a box's journal: its chain of hashes, and the heads that the TPM signed.

    SOURCE is the URL of a box's CLS-Box-Logic (http://127.0.1.11:8081), or a file with the answers of its GET /journal
    (one, or an array of them). Exit code 0: it holds; 1: it was changed; 2: it could not be looked at.
    """
    pages = _asked(source, secret_file, since) if source.startswith("http") else _read(Path(source))
    try:
        found = verify(pages, _is_good, key)
    except BrokenChain as error:
        click.echo(f"the journal does not hold: {error}", err=True)
        sys.exit(BROKEN)
    except (requests.RequestException, OSError, ValueError, KeyError, TypeError) as error:
        click.echo(f"it could not be looked at: {type(error).__name__}: {error}", err=True)
        sys.exit(UNKNOWN)
    click.echo(_told(found))
    if key is not None and not found.heads and found.last >= found.first:
        click.echo(f"nothing of it is signed by {key}: whoever has the box could have written it anew", err=True)
        sys.exit(UNKNOWN)
    sys.exit(HOLDS)


def _told(found: Verified) -> str:
    if found.last < found.first:
        return f"there is no entry after {found.last}"
    holds = f"entries {found.first} to {found.last} fit each other"
    if not found.heads:
        return f"{holds}, but no TPM has signed any of them"
    signed = f"{holds}; a TPM says that they are as they were written up to {found.signed} ({found.heads} heads,"
    rest = f"; {found.last - found.signed} are not signed yet" if found.signed < found.last else ""
    return f"{signed} the last one over entry {found.signed}, by {', '.join(found.keys)}){rest}"


def _asked(url: str, secret_file: Path | None, since: int) -> Iterator[dict[str, Any]]:
    secret = "" if secret_file is None else secret_file.read_text(encoding="ascii").strip()
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {secret}"
        while True:
            query = {"since": str(since), "limit": str(_PAGE)}
            answer = session.get(f"{url.rstrip('/')}/cls-box-logic/api/v1/journal", params=query, timeout=30)
            answer.raise_for_status()
            page: dict[str, Any] = answer.json()
            yield page
            if not page["items"]:
                return
            since = int(page["next_since"])


def _read(file: Path) -> Iterator[dict[str, Any]]:
    content = json.loads(file.read_text(encoding="utf-8"))
    yield from content if isinstance(content, list) else [content]


def _is_good(public_key: str, digest: bytes, signature: str) -> bool:
    """Making the text anew from r and s finds the key again, or fails."""
    try:
        body = from_text("SIG", signature)[1]
        r, s = int.from_bytes(body[1:33], "big"), int.from_bytes(body[33:65], "big")
        return r1_signature(r, s, digest, public_key) == signature
    except KeyFormatError:
        return False
