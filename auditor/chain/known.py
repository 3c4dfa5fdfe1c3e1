"""The contracts' codes that the rules were checked against (known_code.json): SHA-256 of the wasm, by account."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

_KNOWN = Path(__file__).with_name("known_code.json")


def known_code() -> dict[str, list[str]]:
    """Account -> the hashes that may be set there."""
    found: dict[str, list[str]] = json.loads(_KNOWN.read_text())
    return found


def code_of(hashes: Iterable[str]) -> str:
    """As a finding tells them."""
    return f"one of {', '.join(sorted(hashes)) or 'none'}"
