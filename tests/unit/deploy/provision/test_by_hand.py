"""The command: what is wrong with a call is one sentence and exit code 2, whoever got what wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from deploy.cls_box.provision.__main__ import main
from deploy.cls_box.provision.errors import ProvisionError
from deploy.cls_box.provision.vpn import Network

HUB = "mJ1sH5cG0kqVn0yZq7nJtqB3wD3Qf0m1b8mZV8s2o0A="
VPN = {"network": "10.77.0.0/16", "boxes": "10.77.1.0/24", "hub_public_key": HUB, "endpoint": "vpn.example:51820"}
METER = {"serial_number": "1TBI0000000011", "component": "meter0"}


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / "desk.yaml").write_text(yaml.safe_dump({"vpn": VPN}))
    (tmp_path / "identity.json").write_text("{}")
    return tmp_path


@pytest.fixture
def refused(desk: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def call(act: str, *words: str) -> str:
        assert main([act, str(desk), *words]) == 2
        told = capsys.readouterr().err
        assert len(told.splitlines()) == 1
        return told

    return call


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "No such file"),
        ("[1]", "no JSON with `points` and `units`"),
        ("{", "no JSON"),
        (json.dumps({"points": [{"serial_number": "1"}]}), "component"),
        (json.dumps({"points": [METER], "units": [{"mastr_nr": "x", "component": "pv0"}]}), "no JSON with"),
    ],
)
def test_a_box_file_that_no_box_could_read_is_refused_before_anything_is_laid_out(
    desk: Path, refused: Callable[..., str], content: str | None, words: str
) -> None:
    file = desk / "points.json"
    if content is not None:
        file.write_text(content)
    assert words in refused("begin", "box-11", "--local", str(desk / "host"), "--box-file", str(file))
    assert not list((desk / "members").iterdir())


def test_a_box_file_that_fits_is_laid_out(desk: Path) -> None:
    (desk / "points.json").write_text(json.dumps({"points": [METER]}))
    host = desk / "host"
    assert main(["begin", str(desk), "box-11", "--local", str(host), "--box-file", str(desk / "points.json")]) == 0
    assert json.loads((host / "box/box.json").read_text())["points"] == [METER]


def test_what_is_lacking_is_named(refused: Callable[..., str]) -> None:
    assert "no box's name" in refused("begin", "", "--local", "/nowhere")
    assert "--image is needed" in refused("begin", "box-11", "--host", "ssh://tbi@10.77.1.1")
    assert "either --context or --host" in refused("begin", "box-11")
    assert "no box is called box-12" in refused("stolen", "box-12")
    assert "was not begun" in refused("finish", "box-12", "--local", "/nowhere")


def test_a_stolen_box_is_shut_out_also_while_the_root_key_lies_in_a_safe(desk: Path) -> None:
    assert main(["begin", str(desk), "box-11", "--local", str(desk / "host")]) == 0
    (desk / "authority/root.key").unlink()
    assert main(["stolen", str(desk), "box-11"]) == 0
    assert main(["list", str(desk)]) == 0


def test_an_address_is_given_once_however_it_is_written() -> None:
    network = Network.read({**VPN, "network": "fd00:77::/32", "boxes": "fd00:77:1::/64"})
    taken = {network.free(set(), "fd00:77:1::0001")}
    assert taken == {"fd00:77:1::1"}
    with pytest.raises(ProvisionError, match="is taken"):
        network.free(taken, "fd00:77:1:0:0:0:0:1")
