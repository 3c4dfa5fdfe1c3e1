"""Base images: named after what they are made of, whole or not there, and nothing that is mounted is ever deleted."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.containers import base
from deploy.containers.base import APART, ARMV7, NATIVE, Base, BaseError, clear, mirror
from services.shared.wait import wait_until

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounts are root's")


def test_another_processor_or_other_packages_are_another_image(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {NATIVE.image, ARMV7.image, replace(ARMV7, debian="armel").image}
    assert ARMV7.image == ARMV7.image
    monkeypatch.setattr(base, "_PACKAGES", "python3")
    names.add(ARMV7.image)
    assert len(names) == 4


@pytest.mark.parametrize("made", [ARMV7, NATIVE], ids=["another", "own"])
def test_what_is_packed_says_for_which_processor_it_is(tmp_path: Path, made: Base) -> None:
    (tmp_path / "root/etc").mkdir(parents=True)
    (tmp_path / "root/etc/hostname").write_text("box")
    made.pack(tmp_path / "root", tmp_path / "base.tar")
    with tarfile.open(tmp_path / "base.tar") as packed:
        packed.extractall(tmp_path / "out", filter="data")
    (manifest,) = json.loads((tmp_path / "out/manifest.json").read_text())
    config = json.loads((tmp_path / "out" / manifest["Config"]).read_text())
    layer = (tmp_path / "out" / manifest["Layers"][0]).read_bytes()
    assert b"hostname" in layer
    assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(layer).hexdigest()}"]
    assert manifest["RepoTags"] == [made.image]
    if made is ARMV7:
        assert (config["os"], config["architecture"], config["variant"]) == ("linux", "arm", "v7")
    else:
        own = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True)  # noqa: S607
        assert config["architecture"] in (own.stdout.strip(), "arm")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["base.tar", "out", "root"]


_OTHER = "Types: deb\nURIs: https://other.test/x\nSuites: nodistro\nComponents: main\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "sources.list",
            "# deb http://no.test/d bookworm main\ndeb [arch=amd64 x=y] http://mirror.test/d bookworm main\n",
        ),
        (
            "sources.list.d/d.list",
            "deb http://no.test/s bookworm-security main\ndeb http://mirror.test/d bookworm main\n",
        ),
        (
            "sources.list.d/d.sources",
            f"{_OTHER}\nTypes: deb\n# a note\nURIs: http://mirror.test/d\nSuites: bookworm x\nComponents: main\n",
        ),
    ],
)
def test_packages_come_from_where_the_machine_has_its_own(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d/other.sources").write_text(_OTHER)
    assert mirror(tmp_path) is None
    (tmp_path / name).write_text(text)
    assert mirror(tmp_path) == "http://mirror.test/d"


def test_a_half_made_folder_is_deleted_and_one_that_is_not_there_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "root/var/lib/dpkg").mkdir(parents=True)
    clear(tmp_path / "root")
    clear(tmp_path / "root")
    assert list(tmp_path.iterdir()) == []


def test_what_is_mounted_in_it_and_stays_is_named_and_nothing_is_deleted(tmp_path: Path) -> None:
    """As /proc/self/mounts tells it, with a blank in the path; that nothing is mounted there in truth keeps it so."""
    root, mounts = tmp_path / "the root", tmp_path / "mounts"
    (root / "proc").mkdir(parents=True)
    (root / "kept").write_text("")
    written = str(root / "proc").replace(" ", r"\040")
    mounts.write_text(f"proc /proc proc rw 0 0\nproc {written} proc rw 0 0\ntmpfs {tmp_path}/the rw 0 0\n")
    with pytest.raises(BaseError, match=r"something is mounted in it: umount .*the root/proc$"):
        clear(root, mounts)
    assert (root / "kept").exists()


@as_root
def test_what_is_mounted_in_it_is_unmounted_before_it_is_deleted(tmp_path: Path) -> None:
    outside, root = tmp_path / "outside", tmp_path / "root"
    outside.mkdir()
    (outside / "kept").write_text("")
    (root / "mnt").mkdir(parents=True)
    if subprocess.run(["mount", "--bind", str(outside), str(root / "mnt")], check=False).returncode:  # noqa: S607
        pytest.skip("nothing may be mounted here")
    clear(root)
    assert not root.exists()
    assert (outside / "kept").exists()


@as_root
def test_what_is_made_apart_ends_with_who_began_it_and_leaves_nothing_mounted(tmp_path: Path) -> None:
    (tmp_path / "root/proc").mkdir(parents=True)
    script = f"mount -t proc proc {tmp_path}/root/proc && touch {tmp_path}/begun && exec sleep 300"
    parent = f"import subprocess; subprocess.run({[*APART, 'sh', '-c', script]!r})"  # as `fill` runs debootstrap
    with subprocess.Popen([sys.executable, "-c", parent], stderr=subprocess.PIPE) as begun:
        wait_until(lambda: (tmp_path / "begun").exists() or begun.poll() is not None, 20, what="a mount")
        if begun.poll() is not None:
            pytest.skip("nothing may be run apart here")
        begun.send_signal(signal.SIGKILL)
        begun.wait(10)
    wait_until(lambda: not _running(script), 10, what="the end of what it began")
    assert str(tmp_path) not in Path("/proc/mounts").read_text()
    clear(tmp_path / "root")


def _running(text: str) -> bool:
    """Whether any process was started with this."""
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if text.encode() in entry.read_bytes():
                return True
        except OSError:
            continue
    return False
