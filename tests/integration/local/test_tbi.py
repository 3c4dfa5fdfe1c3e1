"""The shell script `tbi`, in a checkout with small locks: what it installs, when, and what it says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[3]
NOBODY = 65534
_ECHO = "import sys\nimport click\nprint('handed over:', *sys.argv[1:])\n"


def pin(name: str) -> str:
    """The lines of a package in the developers' lock."""
    lock = (REPO / "locks/dev.txt").read_text()
    found = re.search(rf"^{name}==.*?(?=^\S|\Z)", lock, flags=re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[0]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The script, with two packages to install and a command line that says what it was given."""
    root = tmp_path / "checkout"
    for folder in ("cli", "locks", "deploy/local"):
        (root / folder).mkdir(parents=True)
    shutil.copy(REPO / "tbi", root)
    shutil.copy(REPO / "cli/help.txt", root / "cli")
    (root / "cli/__main__.py").write_text(_ECHO)
    (root / "deploy/local/apt-packages.txt").write_text("# nothing but what every Debian has\nbash\ncoreutils\n")
    for lock in ("build", "embedded", "dev"):
        (root / f"locks/{lock}.txt").write_text(pin("click"))
    for lock in ("chain", "mongo", "identity", "javascript", "generator"):
        (root / f"locks/{lock}.txt").write_text(pin("iniconfig"))
    return root


def tbi(checkout: Path, *arguments: str, user: int | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [checkout / "tbi", *arguments],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        user=user,
        env={**os.environ, "TBI_PYTHON": shutil.which("python3") or "python3"},
    )


def test_help_needs_no_environment(checkout: Path) -> None:
    for words in ((), ("--help",), ("-h",), ("help",)):
        shown = tbi(checkout, *words)
        assert (shown.returncode, shown.stdout) == (0, (REPO / "cli/help.txt").read_text())
    assert not (checkout / ".venv").exists()


def test_environments_are_made_once_and_anew_when_their_lock_changes(checkout: Path) -> None:
    first = tbi(checkout, "status", "-x")
    assert (first.returncode, first.stdout) == (0, "handed over: status -x\n"), first.stderr
    assert "making .venv/main" in first.stderr
    assert "installing locks/chain.txt" in first.stderr

    assert tbi(checkout, "status").stderr == ""

    with (checkout / "locks/embedded.txt").open("a") as lock:
        lock.write(pin("iniconfig"))
    changed = tbi(checkout, "status")
    assert changed.returncode == 0
    assert "making" not in changed.stderr
    assert "installing locks/embedded.txt" in changed.stderr
    assert "locks/chain.txt" not in changed.stderr
    assert (checkout / ".venv/main/lib/python3.11/site-packages/iniconfig").is_dir()


def test_an_interrupted_install_is_repeated_cleanly(checkout: Path) -> None:
    half = checkout / ".venv/main"
    (half / "bin").mkdir(parents=True)
    (half / "bin/python").symlink_to("/bin/false")
    (half / "left-over").touch()
    repeated = tbi(checkout, "status")
    assert (repeated.returncode, repeated.stdout) == (0, "handed over: status\n"), repeated.stderr
    assert not (half / "left-over").exists()


def test_a_file_with_another_hash_is_refused_and_nothing_counts_as_installed(checkout: Path) -> None:
    lock = checkout / "locks/embedded.txt"
    lock.write_text(re.sub(r"sha256:[0-9a-f]{64}", "sha256:" + "0" * 64, pin("iniconfig")))
    refused = tbi(checkout, "status")
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in refused.stderr
    assert "tbi: pip install -r locks/embedded.txt failed" in refused.stderr
    assert not (checkout / ".venv/main/.installed").exists()


def test_who_is_not_root_is_told_the_one_command_to_run(checkout: Path) -> None:
    (checkout / "deploy/local/apt-packages.txt").write_text("bash\nno-such-package-of-ours\n")
    for folder in (checkout, *checkout.parents):
        if folder.stat().st_uid == os.getuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    told = tbi(checkout, "status", user=NOBODY if os.getuid() == 0 else None)
    assert told.returncode == 1
    assert told.stderr.splitlines() == [
        "tbi: Debian packages are missing; run this once, then ./tbi again: sudo apt-get update && "
        "sudo apt-get install -y --no-install-recommends no-such-package-of-ours"
    ]
