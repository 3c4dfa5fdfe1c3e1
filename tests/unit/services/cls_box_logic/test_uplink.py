"""What a box says of its link."""

from __future__ import annotations

from pathlib import Path

from services.cls_box_logic.uplink import signal

_HEAD = """Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE
 face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22
"""


def test_the_signal_of_a_wireless_interface_is_told(tmp_path: Path) -> None:
    file = tmp_path / "wireless"
    file.write_text(f"{_HEAD} wlan0: 0000   54.  -56.  -256        0      0      0      0      0        0\n")
    assert signal(file) == "signal -56 dBm at wlan0"


def test_without_one_that_is_told(tmp_path: Path) -> None:
    file = tmp_path / "wireless"
    assert signal(file) == "no wireless interface, so no signal to measure"
    file.write_text(f"{_HEAD} wlan0: 0000\n")
    assert signal(file) == "no wireless interface, so no signal to measure"
