"""What every Dockerfile keeps to: the rules of docs/containers.md, read from the files."""

from __future__ import annotations

import re
import runpy
import shutil
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deploy.containers import box, cloud
from deploy.containers.common import USER
from deploy.containers.translation import DATA
from deploy.local.settings import REPO

IMAGES = REPO / "deploy/images"
DOCKERFILES = sorted(IMAGES.glob("*.Dockerfile"))
SHIPPED = [file for file in DOCKERFILES if file.stem != "mongo-package.Dockerfile".removesuffix(".Dockerfile")]
BUILD_TOOLS = ("gcc", "libc6-dev", "libffi-dev", "libtss2-dev", "python3-dev", "pkg-config")


def instructions(file: Path) -> list[tuple[str, str]]:
    """Instruction and arguments, continued lines put together."""
    text = re.sub(r"\\\n\s*", "", file.read_text())
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in lines]


def final_stage(file: Path) -> list[tuple[str, str]]:
    told = instructions(file)
    last = max(number for number, (word, _) in enumerate(told) if word == "FROM")
    return told[last:]


@pytest.mark.parametrize("file", DOCKERFILES, ids=lambda file: file.stem)
def test_the_base_is_an_argument_and_nothing_else_is_fetched(file: Path) -> None:
    told = instructions(file)
    assert told[0] == ("ARG", "BASE_IMAGE=python:3.11-slim-bookworm")
    for word, arguments in told:
        assert word != "ADD"
        if word == "FROM":
            assert re.match(r"\$\{(BASE|MONGO)_IMAGE\}( AS \w+)?$", arguments), arguments
        if word == "RUN":
            assert not re.search(r"\b(curl|wget|git clone|pip3? install)\b", arguments), arguments


@pytest.mark.parametrize("file", DOCKERFILES, ids=lambda file: file.stem)
def test_what_is_shipped_has_no_build_tools_and_no_authority(file: Path) -> None:
    for word, arguments in final_stage(file):
        assert "images/ca" not in arguments
        assert "install.sh" not in arguments
        if word == "RUN":
            assert not any(tool in arguments.split() for tool in BUILD_TOOLS), arguments
            assert "apt-get" not in arguments, "finish.sh installs, and clears away"


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_it_runs_as_nobody_and_tells_its_health(file: Path) -> None:
    words = [word for word, _ in final_stage(file)]
    users = [arguments for word, arguments in final_stage(file) if word == "USER"]
    assert users == [f"{USER}:{USER}"]
    assert "HEALTHCHECK" in words
    after = words[words.index("USER") :]
    assert "RUN" not in after
    assert "COPY" not in after


@pytest.mark.parametrize("file", DOCKERFILES, ids=lambda file: file.stem)
def test_what_it_copies_is_there_and_is_sent(file: Path) -> None:
    sent = [line[1:] for line in (REPO / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for word, arguments in instructions(file):
        if word != "COPY" or arguments.startswith("--from"):
            continue
        for source in arguments.split()[:-1]:
            if source.startswith(("webportal/", "build/")):
                assert source in sent  # made before, not committed
                continue
            assert any(source == path or source.startswith(f"{path}/") for path in sent), source
            pattern = source.replace("${SERVICE}", "*").replace("${PACKAGE}", "*")
            assert list(REPO.glob(pattern)), source


def test_every_install_is_checked_by_hash() -> None:
    text = re.sub(r"\\\n\s*", " ", (IMAGES / "install.sh").read_text())
    calls = [line for line in text.splitlines() if re.search(r"\bpip\b.*\b(install|wheel)\b", line)]
    assert len(calls) == 5
    for call in calls:
        assert "--require-hashes" in call or "--no-index" in call, call


def test_a_volume_is_mounted_where_the_image_has_a_folder_of_the_user() -> None:
    """Else the engine makes the folder as root, and the user may not write there."""
    for container in [*cloud.containers(), *box.containers()]:
        made = _state(container.image.dockerfile, container.image.arguments.get("STATE"))
        mounted = [Path(m["target"]).relative_to(DATA).as_posix() for m in container.mounts if m["type"] == "volume"]
        assert set(mounted) <= made, container.name


def _state(dockerfile: str, argument: str | None) -> set[str]:
    text = (IMAGES / f"{dockerfile}.Dockerfile").read_text()
    named = re.search(r'STATE="([^"$]*)"', text) or re.search(r"STATE=([\w-]+)", text)
    told = argument if argument is not None else named[1] if named else ""
    return set(told.split())


def test_the_probe_tells_a_stale_heartbeat_and_a_missing_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main = runpy.run_path(str(IMAGES / "probe.py"))["main"]
    file = tmp_path / "beat.json"
    assert main(["beat", str(file)]) == 1
    file.write_text('{"at": "2026-01-01T00:00:00+00:00", "interval_s": 5}')
    assert main(["beat", str(file)]) == 1
    assert "the last heartbeat is" in capsys.readouterr().err
    file.write_text('{"at": "2999-01-01T00:00:00+00:00"}')
    assert main(["beat", str(file)]) == 0
    assert main(["tcp", "1", str(tmp_path / "ready")]) == 1


@pytest.mark.parametrize(("status", "code"), [("200 OK", 0), ("204 No Content", 0), ("503 Service Unavailable", 1)])
def test_the_probe_asks_over_http(status: str, code: int) -> None:
    """A server that gives one answer."""
    main = runpy.run_path(str(IMAGES / "probe.py"))["main"]
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                asked = connection.recv(4096)
                assert asked.startswith(b"GET /x/health HTTP/1.1\r\n")
                connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())

        with ThreadPoolExecutor(1) as beside:
            answered = beside.submit(answer)
            assert main(["http", f"http://127.0.0.1:{server.getsockname()[1]}/x/health"]) == code
            answered.result()


def test_the_services_image_has_the_backup_and_all_that_it_imports(tmp_path: Path) -> None:
    """The image's folder /app, laid out as its Dockerfile says, and nothing else of ours."""
    for word, arguments in final_stage(IMAGES / "service.Dockerfile"):
        *sources, target = arguments.split()
        if word != "COPY" or sources[0].startswith("--") or not target.startswith("/app/"):
            continue
        for source in (REPO / one.replace("${PACKAGE}", "mastr_connector") for one in sources):
            place = tmp_path / target.removeprefix("/app/").replace("${PACKAGE}", "mastr_connector")
            if source.is_dir():
                shutil.copytree(source, place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                place.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, place)
    done = subprocess.run(
        [sys.executable, "-m", "deploy.backup", "write", str(tmp_path / "x.zip")],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (2, "MONGO_URI is not set: give it as the services have it\n")
