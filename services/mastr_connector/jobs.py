"""What the worker does, by the names that stand in the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from services.mastr_connector.domain import Region
from services.shared.data import progress

if TYPE_CHECKING:
    from services.mastr_connector.app import Parts


class _Own:
    """What the jobs of this process work with: RQ calls them by name, with nothing but their arguments."""

    parts: Parts | None = None


def work_with(parts: Parts) -> None:
    """Said once by the worker before it begins."""
    _Own.parts = parts


def init(source: str, postcodes: list[str], municipality_keys: list[str]) -> dict[str, Any]:
    """POST /init."""
    return _parts().importing.run(source, Region.of(postcodes, municipality_keys), progress)


def update() -> dict[str, Any]:
    """POST /update."""
    return _parts().updating.run(progress)


def _parts() -> Parts:
    if _Own.parts is None:
        raise RuntimeError("jobs run in the worker: python -m services.mastr_connector.worker")
    return _Own.parts
