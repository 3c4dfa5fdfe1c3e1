"""How the gateway's log calls what was asked for: by the route, as services do, not by whose number stands in it.

What is none of a service's routes is called by its beginning: somebody may have written anything behind it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from deploy.local.settings import REPO

_VALUE = re.compile(r"\{(\w+)\}")


def block(services: Sequence[str]) -> str:
    """nginx's map from `$uri` to `$logged`; exact texts come before patterns, patterns in their order."""
    lines = [f'    "{path}" "{path}";' for path in _paths(services) if "{" not in path]
    lines += [f'    "~^{_pattern(path)}$" "{path}";' for path in _paths(services) if "{" in path]
    names = "|".join(services)
    lines += [
        f'    "~^/(?<service_of_path>{names})(?:/api/v1)?/." "/$service_of_path/...";',
        '    "~^/v1/chain/[a-z_]+$" "$uri";',
        '    "~^(?<page_of_path>/[^/]*)/." "$page_of_path/...";',
        '    default "$uri";',
    ]
    return "\n".join(
        ["  map_hash_bucket_size 256;", "  map_hash_max_size 4096;", "  map $uri $logged {", *lines, "  }"]
    )


def _paths(services: Sequence[str]) -> Iterator[str]:
    for name in services:
        document = json.loads((REPO / "services" / name.replace("-", "_") / "openapi.json").read_text(encoding="utf-8"))
        yield from (f"/{name}{path}" for path in sorted(document["paths"]))


def _pattern(path: str) -> str:
    return _VALUE.sub("[^/]+", path.replace(".", "\\."))
