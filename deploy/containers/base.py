"""Base images made here, for where no registry is reached: Debian 12 with Python 3.11, from Debian's own packages.

An image is in the engine whole or not at all, so that what broke off is begun anew.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_SUITE, _PACKAGES = "bookworm", "python3,python3-venv,ca-certificates"
_WASTE: Final = ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale")
_EMPTY: Final = ("var/cache/apt/archives/partial", "var/lib/apt/lists/partial")
_MOUNTS: Final = Path("/proc/self/mounts")
APART: Final = (
    *("setpriv", "--pdeathsig", "KILL"),
    *("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"),
)
"""Before a command: what it mounts is mounted for it alone; when we are killed, so are it and all that it started."""


class BaseError(Exception):
    """Why there is no base image. One sentence, with the last words of who could not go on."""


@dataclass(frozen=True)
class Base:
    """`debian`: Debian's name of the processor, None: this machine's own. `platform`: the engine's name of it."""

    name: str
    debian: str | None = None
    platform: str | None = None

    @property
    def command(self) -> tuple[str, ...]:
        """What makes it; the folder is still to be said."""
        processor = () if self.debian is None else (f"--arch={self.debian}",)
        return ("debootstrap", *processor, "--variant=minbase", f"--include={_PACKAGES}", _SUITE)

    @property
    def image(self) -> str:
        """Of another processor it is named after what it is made of: made once, and anew when that changes."""
        if self.platform is None:
            return f"{self.name}:{_SUITE}"
        made_of = json.dumps([self.command, _WASTE, _EMPTY, self.platform])
        return f"{self.name}:{hashlib.sha256(made_of.encode()).hexdigest()[:12]}"

    def fill(self, root: Path) -> None:
        """Debian's packages in a new folder. Raises BaseError."""
        clear(root)
        source = mirror()
        _run(*APART, *self.command, str(root), *(() if source is None else (source,)))
        for waste in _WASTE:
            shutil.rmtree(root / waste, ignore_errors=True)
        for folder in _EMPTY:
            (root / folder).mkdir(parents=True)

    def pack(self, root: Path, archive: Path) -> None:
        """The folder as an archive that the engine loads under the image's name (`docker load`)."""
        layer = archive.with_suffix(".layer")
        _run("tar", "--numeric-owner", "-C", str(root), "-cf", str(layer), ".")
        with layer.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        layers = {"type": "layers", "diff_ids": [f"sha256:{digest}"]}
        config = json.dumps({**self._processor(), "config": {}, "rootfs": layers})
        manifest = json.dumps([{"Config": "config.json", "RepoTags": [self.image], "Layers": ["layer.tar"]}])
        described = {"config.json": config, "manifest.json": manifest}
        with tarfile.open(archive, "w") as packed:
            packed.add(layer, "layer.tar")
            for name, text in described.items():
                file = archive.with_suffix(f".{name}")
                file.write_text(text)
                packed.add(file, name)
                file.unlink()
        layer.unlink()

    def _processor(self) -> dict[str, str]:
        """As an image names it: `linux/arm/v7` in three fields."""
        own = _run("dpkg", "--print-architecture").strip()
        platform = self.platform or {"armhf": "linux/arm/v7"}.get(own, f"linux/{own}")
        names = ("os", "architecture", "variant")
        return dict(zip(names, platform.split("/"), strict=False))


NATIVE: Final = Base("localhost/tbi-base")
ARMV7: Final = Base("localhost/tbi-base-armv7", "armhf", "linux/arm/v7")


def mirror(apt: Path = Path("/etc/apt")) -> str | None:
    """Where this machine has its Debian packages from; None: it does not say, so debootstrap takes its own."""
    for file in sorted([*apt.glob("sources.list"), *apt.glob("sources.list.d/*.list")]):
        lines = re.findall(r"^deb(?: +\[[^]]*])? +(\S+) +(\S+) +(.*)$", file.read_text(), flags=re.MULTILINE)
        for uri, suite, components in lines:
            if suite == _SUITE and "main" in components.split():
                return str(uri)
    for file in sorted(apt.glob("sources.list.d/*.sources")):
        for stanza in re.split(r"\n\s*\n", file.read_text()):
            told = {name: words.split() for name, words in re.findall(r"^(\w+): *(.*)$", stanza, flags=re.MULTILINE)}
            if _SUITE in told.get("Suites", []) and "main" in told.get("Components", []) and told.get("URIs"):
                return str(told["URIs"][0])
    return None


def clear(root: Path, mounts: Path = _MOUNTS) -> None:
    """Deletes a folder that may be half made. What is mounted in it is another's: it is unmounted, never deleted.

    Raises BaseError when something stays mounted.
    """
    for place in reversed(_mounted_below(root, mounts)):
        _try("umount", place)
    if stays := _mounted_below(root, mounts):
        raise BaseError(f"{root} is half made and something is mounted in it: umount {' '.join(stays)}")
    if root.exists():
        shutil.rmtree(root)


def _mounted_below(root: Path, mounts: Path) -> list[str]:
    """In the order in which they were mounted."""
    fields = [line.split(" ")[1] for line in mounts.read_text().splitlines()]
    places = [re.sub(r"\\(\d{3})", lambda found: chr(int(found[1], 8)), field) for field in fields]  # blanks: \040
    return [place for place in places if Path(place) == root or Path(place).is_relative_to(root)]


def _run(*command: str) -> str:
    done = _try(*command)
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-6:]
        raise BaseError(f"{' '.join(command[:4])} ... failed: {' | '.join(last)}")
    return done.stdout


def _try(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)
