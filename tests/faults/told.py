"""What no log may tell: every secret that lies in a system's folder, and who its people are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

SECRET_FILES: Final = ("*.key", "*.pem", "*.secret", "secret", "mongo-password", "credentials", "config.ini")
_WORD: Final = re.compile(r"[A-Za-z0-9_+/=.-]{20,}")
SHAPES: Final = {
    "a token": re.compile(r"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    "a private key of the chain": re.compile(r"PVT_[A-Z0-9]+_\w{20,}|\b5[HJK][1-9A-HJ-NP-Za-km-z]{49}\b"),
    "a private key": re.compile(r"PRIVATE KEY"),
    "a bearer": re.compile(r"[Bb]earer\s+[A-Za-z0-9_.-]{12,}"),
    "a password in a URI": re.compile(r"\w+://[^/\s:@]+:[^/\s@]+@"),
}
"""What is secret whoever it belongs to."""


def secrets_of(data: Path) -> dict[str, str]:
    """Secret -> what it is: of keys, services, boxes, users, salts."""
    found = {
        word: f"of {file.relative_to(data)}"
        for name in SECRET_FILES
        for file in data.rglob(name)
        for word in _WORD.findall(file.read_text(errors="replace"))
    }
    found |= {user["password"]: f"the password of {role}" for role, user in _users(data).items()}
    return found | {box["salt"]: f"the salt of {box['name']}" for box in _boxes(data)}


def people_of(data: Path) -> dict[str, str]:
    """What leads to a person -> what it is: mail addresses, the pool's numbers, meters, units."""
    found = {user["email"]: f"the mail address of {role}" for role, user in _users(data).items()}
    found |= {user["sub"]: f"the number of {role} in the pool" for role, user in _users(data).items()}
    for box in _boxes(data):
        found |= {point["serial_number"]: f"a meter of {box['name']}" for point in box["points"]}
        found |= {unit["mastr_nr"]: f"a unit of {box['name']}" for unit in box["units"]}
    return found


def told(text: str, words: Mapping[str, str]) -> Iterator[str]:
    """What of it a text has."""
    yield from (what for word, what in words.items() if word in text)
    yield from (what for what, shape in SHAPES.items() if shape.search(text))


def _users(data: Path) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads((data / "demo-users.json").read_text())
    return found


def _boxes(data: Path) -> Iterator[dict[str, Any]]:
    for file in data.glob("boxes/*/box.json"):
        yield json.loads(file.read_text())
