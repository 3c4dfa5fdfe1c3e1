"""Versions of a box, some megabytes each: busybox, and what shows whether a version is good."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
import time
from pathlib import Path

TOOLS = ("sh", "df", "httpd", "sleep", "true", "wget", "cat", "kill")
_KEEP = "#!/bin/sh\ntrap 'exit 0' TERM\nwhile true; do sleep 1; done\n"
_ASKED = '#!/bin/sh\nfor last; do :; done\nexec /bin/wget -q -O - "$last"\n'

COMPOSE = {
    "name": "${TBI_BOX_NAME:-box}",
    "services": {
        "redis": {"command": ["/bin/keep"], "image": "${TBI_REGISTRY:-tbienergy}/redis:${TBI_VERSION:-local}"},
        "cls-box-logic": {
            "command": ["/bin/httpd", "-f", "-p", "8081", "-h", "/www"],
            "image": "${TBI_REGISTRY:-tbienergy}/box:${TBI_VERSION:-local}",
            "environment": {"TBI_PROBE": "http http://127.0.0.1:8081/cls-box-logic/api/v1/health"},
            "depends_on": {"redis": {"condition": "service_healthy"}},
        },
        "worker": {"command": ["/bin/work"], "image": "${TBI_REGISTRY:-tbienergy}/box:${TBI_VERSION:-local}"},
    },
}


def busybox() -> Path | None:
    """A static one, which runs in an image with nothing else."""
    found = shutil.which("busybox")
    return Path(found) if found else None


def root(version: str, name: str, *, well: bool, works: bool) -> bytes:
    """A root file system of some megabytes: busybox, and what the version does."""
    health = {"status": "ok", "version": version, "checks": {
        "journal": {"status": "ok", "detail": "3% full, 12 entries, signed up to 12"},
        "uplink": {"status": "ok", "detail": "10.77.1.1 reaches the chain; 0 orders under way"},
    }}  # fmt: skip
    files = {
        "bin/busybox": (busybox() or Path()).read_bytes(),
        "bin/well": f"#!/bin/sh\nexit {0 if well else 1}\n".encode(),
        "bin/keep": _KEEP.encode(),
        "bin/work": (_KEEP if works else "#!/bin/sh\nexit 3\n").encode(),
        "opt/tbi/bin/python": _ASKED.encode(),
        "www/cls-box-logic/api/v1/health": json.dumps(health).encode(),
        "name": name.encode(),
    }
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for path, content in files.items():
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode, entry.mtime = len(content), 0o755, int(time.time())
            tar.addfile(entry, io.BytesIO(content))
        for tool in TOOLS:
            link = tarfile.TarInfo(f"bin/{tool}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
    return out.getvalue()
