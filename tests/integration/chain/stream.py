"""The text of a stream of events, read."""

from __future__ import annotations

import json
from typing import Any


def events_of(text: str) -> list[tuple[int, str, dict[str, Any]]]:
    """(id, event, data) of a stream's text."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and not line.startswith(":"))
        if "data" in fields:
            found.append((int(fields["id"]), fields["event"], json.loads(fields["data"])))
    return found
