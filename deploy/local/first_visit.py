"""What somebody downloads who opens the portal for the first time: the sign-in page with all that it needs.

Known from the build itself (esbuild's metafile, `ng build --stats-json`), so that a build that has become too large
fails where it is made, and not in a measurement weeks later (P12 in benchmarks/README.md: at most 300 kB compressed).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

MOST_BYTES: Final = 300_000
ENTRIES: Final = ("src/main.ts", "src/app/sign-in/sign-in.ts", "src/app/core/amplify.ts")
"""The page itself, the sign-in page, and what it loads while somebody types. A language's texts come beside them."""
TEXTS: Final = "src/i18n/de.json"
_STATIC: Final = "import-statement"


def transferred(pages: Path, stats: Path) -> int:
    """Bytes, compressed where the gateway sends compressed. Raises LookupError when the build lacks one of them."""
    outputs: Mapping[str, Mapping[str, Any]] = json.loads(stats.read_text())["outputs"]
    names = set(_needed(outputs))
    files = [pages / name for name in sorted(names)]
    files += [file for pattern in ("index.html", "*.css", "media/*-latin-*.woff2") for file in pages.glob(pattern)]
    return sum(_sent(file) for file in files)


def _needed(outputs: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The chunks of the entries, and whatever these import at once."""
    by_entry = {about["entryPoint"]: name for name, about in outputs.items() if "entryPoint" in about}
    missing = [entry for entry in (*ENTRIES, TEXTS) if entry not in by_entry]
    if missing:
        raise LookupError(f"the build has no chunk of {', '.join(missing)}")
    ahead, seen = [by_entry[entry] for entry in (*ENTRIES, TEXTS)], set[str]()
    while ahead:
        name = ahead.pop()
        if name in seen:
            continue
        seen.add(name)
        yield name
        ahead += [one["path"] for one in outputs[name]["imports"] if one["kind"] == _STATIC and not one.get("external")]


def _sent(file: Path) -> int:
    compressed = file.with_name(f"{file.name}.gz")
    return (compressed if compressed.is_file() else file).stat().st_size
