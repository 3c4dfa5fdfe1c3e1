"""What processes take: summed over mappings, and an emulator's share apart from what it emulates."""

from __future__ import annotations

import os
from pathlib import Path

from deploy.containers.memory import Taken, is_emulated, taken

SMAPS = """00010000-00400000 r-xp 00000000 08:01 1  /usr/bin/python3.11
Rss:                3000 kB
Pss:                2048 kB
Pss_Dirty:             0 kB
ff000000-ff800000 rw-p 00000000 00:00 0
Pss:                1024 kB
7f0000000000-7f0004000000 rwxp 00000000 00:00 0
Pss:                4096 kB
"""


def process(proc: Path, exe: str) -> None:
    (proc / "7").mkdir()
    (proc / "7/smaps").write_text(SMAPS)
    (proc / "7/exe").symlink_to(exe)


def test_what_lies_above_a_program_of_32_bits_is_its_emulators(tmp_path: Path) -> None:
    process(tmp_path, "/usr/bin/qemu-arm-static")
    assert is_emulated(7, tmp_path)
    assert taken(7, tmp_path) == Taken(7.0, 4.0)


def test_a_program_of_this_machine_has_no_emulator(tmp_path: Path) -> None:
    process(tmp_path, "/usr/bin/python3.11")
    assert taken(7, tmp_path) == Taken(7.0, 0.0)


def test_our_own_is_what_the_kernel_says_in_one_figure() -> None:
    rollup = Path("/proc/self/smaps_rollup").read_text()
    whole = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) / 1024
    assert abs(taken(os.getpid()).total - whole) < 0.1 * whole
