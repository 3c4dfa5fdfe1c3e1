"""Files with secrets: written whole or not at all, for their owner only."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def write_secret(file: Path, text: str) -> None:
    """Write `text` (mode 0600), in one step."""
    draft = file.with_suffix(file.suffix + ".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as open_file:
        os.fchmod(open_file.fileno(), 0o600)
        open_file.write(text)
        open_file.flush()
        os.fsync(open_file.fileno())
    draft.rename(file)


def write_json(file: Path, content: Any) -> None:
    """The same, as JSON."""
    write_secret(file, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def read_json(file: Path) -> dict[str, Any]:
    """What stands in the file; empty when there is none, or none that can be read."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
