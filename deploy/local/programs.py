"""Where programs of the system are."""

from __future__ import annotations

import shutil

_SYSTEM = "/usr/local/sbin:/usr/sbin:/sbin"


def find(name: str) -> str | None:
    """A program's path; the system's folders count, too, which not everybody has in his path."""
    return shutil.which(name) or shutil.which(name, path=_SYSTEM)
