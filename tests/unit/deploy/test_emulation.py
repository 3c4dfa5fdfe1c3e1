"""Programs of ARMv7: registered once, and where that cannot be, a sentence says what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.containers.emulation import EmulationError, register

WELL = "enabled\ninterpreter /usr/libexec/qemu\nflags: POF\noffset 0\n"


@pytest.fixture
def handlers(tmp_path: Path) -> Path:
    """The kernel's folder, as it is once it is mounted."""
    folder = tmp_path / "binfmt_misc"
    folder.mkdir()
    (folder / "register").write_text("")
    return folder


def description(tmp_path: Path) -> Path:
    file = tmp_path / "qemu-arm.conf"
    file.write_text(":qemu-arm:M::...:POF")
    return file


def test_who_is_of_armv7_needs_nothing(tmp_path: Path) -> None:
    assert register(tmp_path / "nothing", tmp_path / "nothing", machine="armv7l") is False


def test_what_is_registered_already_stays(handlers: Path, tmp_path: Path) -> None:
    (handlers / "qemu-arm").write_text(WELL)
    assert register(handlers, tmp_path / "missing", machine="x86_64") is False
    assert (handlers / "register").read_text() == ""


def test_the_package_is_named_when_it_is_not_there(handlers: Path, tmp_path: Path) -> None:
    with pytest.raises(EmulationError, match="apt-get install qemu-user-static"):
        register(handlers, tmp_path / "missing", machine="x86_64")


def test_what_the_package_describes_is_told_to_the_kernel(handlers: Path, tmp_path: Path) -> None:
    """This kernel takes it and makes no handler of it: said, too."""
    with pytest.raises(EmulationError, match="qemu-arm cannot be read"):
        register(handlers, description(tmp_path), machine="x86_64")
    assert (handlers / "register").read_text() == ":qemu-arm:M::...:POF"


@pytest.mark.parametrize(
    ("told", "word"),
    [(WELL.replace("enabled", "disabled"), "switched off"), (WELL.replace("POF", "PO"), "lacks the flag F")],
)
def test_a_handler_that_no_container_can_use_is_said(handlers: Path, tmp_path: Path, told: str, word: str) -> None:
    (handlers / "qemu-arm").write_text(told)
    with pytest.raises(EmulationError, match=word):
        register(handlers, description(tmp_path), machine="x86_64")


def test_a_kernel_that_has_none_of_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(EmulationError, match=r"cannot be mounted .*modprobe binfmt_misc"):
        register(tmp_path / "not/there", description(tmp_path), machine="x86_64")
