"""Containers of a real engine, through the proxy: managed are those on the list, never the service's own.

The engine is one of its own, on a socket in a temporary folder; its images hold one small program.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from services.cls_box_logic.engine_proxy import Proxy, server
from services.cls_box_logic.errors import Conflict, EngineAway, NotAllowedHere, Unknown
from services.cls_box_logic.journal import Journal
from services.cls_box_logic.service.containers import Containers
from services.shared.wait import wait_until

pytest.importorskip("docker", reason="the Docker SDK is not installed")
from services.cls_box_logic.engine import Engine

NAMES = frozenset({"openems", "redis", "logic", "gone"})
SOURCE = """#include <signal.h>
#include <unistd.h>
static void stop(int number) { _exit(number == SIGTERM ? 0 : 1); }
int main(void) { signal(SIGTERM, stop); if (FAILS) return 3; for (;;) pause(); }
"""

pytestmark = [
    pytest.mark.skipif(shutil.which("dockerd") is None, reason="no container engine: apt-get install docker.io"),
    pytest.mark.skipif(os.geteuid() != 0, reason="a container engine of its own needs root"),
    pytest.mark.skipif(shutil.which("gcc") is None, reason="the images' program is compiled: apt-get install gcc"),
]


class Dockerd:
    """An engine with two versions of an image `app`, and one that does not run."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.socket = folder, folder / "docker.sock"
        command = ["dockerd", "--data-root", str(folder / "data"), "--exec-root", str(folder / "exec")]
        command += [
            "-H",
            f"unix://{self.socket}",
            "--pidfile",
            str(folder / "pid"),
            "--bridge=none",
            "--iptables=false",
        ]
        command += ["--default-ulimit", "nofile=4096:4096"]
        with (folder / "log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            wait_until(self._answers, 60, 0.2, what="dockerd")
        except (TimeoutError, _Ended):
            self.stop()
            pytest.skip(f"dockerd does not run here: {(folder / 'log').read_text()[-400:]}")
        for name, fails in (("1", 0), ("2", 0), ("broken", 1)):
            self._image(name, fails)

    def call(self, *arguments: str) -> str:
        command = ["docker", "-H", f"unix://{self.socket}", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout.strip()

    def becomes(self, version: str) -> None:
        """What `app:latest` stands for."""
        self.call("tag", f"app:{version}", "app:latest")

    def run(self, name: str, *options: str) -> str:
        self.call("rm", "-f", name) if name in self.names() else None
        return self.call("run", "-d", "--network", "none", "--name", name, *options, "app:latest")

    def names(self) -> list[str]:
        return self.call("ps", "-a", "--format", "{{.Names}}").split()

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait(60)

    def _answers(self) -> bool:
        if self._process.poll() is not None:
            raise _Ended
        try:
            self.call("version")
        except subprocess.CalledProcessError:
            return False
        return True

    def _image(self, name: str, fails: int) -> None:
        root = self.folder / f"root-{name}"
        root.mkdir()
        (self.folder / "app.c").write_text(SOURCE)
        compile_it = ["gcc", "-static", f"-DFAILS={fails}", "-o", str(root / "app"), str(self.folder / "app.c")]
        subprocess.run(compile_it, check=True, timeout=60)
        (root / "version").write_text(name)
        archive = shutil.make_archive(str(self.folder / name), "tar", root)
        self.call("import", "--change", 'CMD ["/app"]', "--change", f"ENV VERSION={name}", archive, f"app:{name}")


class _Ended(Exception):  # noqa: N818 - it says what is
    pass


@pytest.fixture(scope="module")
def dockerd() -> Iterator[Dockerd]:
    with tempfile.TemporaryDirectory() as name:
        running = Dockerd(Path(name))
        try:
            yield running
            for container in running.names():
                running.call("rm", "-f", container)
        finally:
            running.stop()


@pytest.fixture(scope="module")
def proxy_url(dockerd: Dockerd) -> Iterator[str]:
    running = server(Proxy(dockerd.socket, NAMES), "127.0.0.1", 0)
    thread = threading.Thread(target=running.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"tcp://127.0.0.1:{running.server_address[1]}"
    running.shutdown()
    running.server_close()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(tmp_path, lambda: 0)
    yield made
    made.close()


@pytest.fixture
def containers(dockerd: Dockerd, proxy_url: str, journal: Journal) -> Containers:
    dockerd.becomes("1")
    dockerd.run("openems", "--env", "A=1", "--memory", "32m")
    own = dockerd.run("logic")
    return Containers(Engine(proxy_url, healthy_s=30), NAMES, journal, own_id=lambda: own[:12])


def test_those_on_the_list_are_shown(containers: Containers) -> None:
    shown = {entry["name"]: entry for entry in containers.list()}
    assert (shown["openems"]["state"], shown["openems"]["image"]) == ("running", "app:latest")
    assert shown["gone"] == {"name": "gone", "state": "missing"}
    assert [name for name, entry in shown.items() if entry.get("own")] == ["logic"]


def test_stop_start_and_restart(containers: Containers, journal: Journal) -> None:
    assert containers.act("openems", "stop")["state"] == "exited"
    assert containers.act("openems", "start")["state"] == "running"
    before = containers.act("openems", "restart")["started_at"]
    assert containers.act("openems", "restart")["started_at"] > before
    noted = [(entry.kind, entry.data["container"], entry.data["action"]) for entry in journal.since(0, 9)]
    assert noted[:2] == [("control", "openems", "stop"), ("control", "openems", "start")]


@pytest.mark.parametrize("action", ["start", "stop", "restart", "update"])
def test_neither_its_own_nor_any_other(containers: Containers, dockerd: Dockerd, action: str) -> None:
    dockerd.run("other")
    for name in ("logic", "other"):
        with pytest.raises(NotAllowedHere):
            containers.act(name, action)
    with pytest.raises(Unknown):
        containers.act("gone", action)


def test_an_update_brings_the_new_image_and_keeps_the_rest(
    containers: Containers, dockerd: Dockerd, journal: Journal
) -> None:
    with pytest.raises(EngineAway, match="no newer image of app:latest could be fetched"):
        containers.act("openems", "update")  # in no registry, and the one that is here runs
    dockerd.becomes("2")
    before = inspected(dockerd, "openems", "{{.Image}}")
    assert containers.act("openems", "update")["state"] == "running"
    assert journal.since(0, 9)[-1].data["changed"] is True
    assert inspected(dockerd, "openems", "{{.Image}}") != before
    environment = inspected(dockerd, "openems", "{{.Config.Env}}")
    assert ("A=1" in environment, "VERSION=2" in environment, "VERSION=1" in environment) == (True, True, False)
    assert inspected(dockerd, "openems", "{{.HostConfig.Memory}}") == str(32 * 1024 * 1024)
    assert not [name for name in dockerd.names() if name.startswith("openems.")]


def test_an_update_that_does_not_run_leaves_the_old_one_running(containers: Containers, dockerd: Dockerd) -> None:
    before = inspected(dockerd, "openems", "{{.Image}}")
    dockerd.becomes("broken")
    with pytest.raises(Conflict, match="the old one runs again"):
        containers.act("openems", "update")
    assert inspected(dockerd, "openems", "{{.Image}} {{.State.Status}}") == f"{before} running"
    assert not [name for name in dockerd.names() if name.startswith("openems.")]


def break_off(dockerd: Dockerd) -> None:
    """An update, in its midst."""
    dockerd.call("stop", "-t", "1", "openems")
    dockerd.call("rename", "openems", "openems.old")
    dockerd.becomes("2")
    dockerd.run("openems.new")


def test_an_update_that_a_power_cut_broke_off_is_undone_with_the_next_start(
    containers: Containers, proxy_url: str, dockerd: Dockerd
) -> None:
    assert not Engine(proxy_url).recover("openems")
    before = inspected(dockerd, "openems", "{{.Id}}")
    break_off(dockerd)
    assert Engine(proxy_url).recover("openems")
    assert inspected(dockerd, "openems", "{{.Id}} {{.State.Status}}") == f"{before} running"
    assert not [name for name in dockerd.names() if name.startswith("openems.")]


def test_an_update_that_was_broken_off_is_cleared_up_by_the_next(containers: Containers, dockerd: Dockerd) -> None:
    break_off(dockerd)
    dockerd.call("rename", "openems.new", "openems")
    assert containers.act("openems", "update")["state"] == "running"
    assert not [name for name in dockerd.names() if name.startswith("openems.")]
    assert inspected(dockerd, "openems", "{{.HostConfig.Memory}}") == str(32 * 1024 * 1024)


def test_the_proxy_makes_no_container_that_is_no_copy(containers: Containers, proxy_url: str, dockerd: Dockerd) -> None:
    assert containers.list()
    url = proxy_url.replace("tcp", "http") + "/v1.41/containers/create?name=openems.new"
    body: dict[str, Any] = {"Image": "app:latest", "HostConfig": {"Binds": ["/:/host"], "Privileged": True}}
    answer = requests.post(url, json=body, timeout=30)
    assert (answer.status_code, "no copy" in answer.json()["message"]) == (403, True)
    assert "openems.new" not in dockerd.names()


def test_without_an_engine_it_says_so(journal: Journal, tmp_path: Path) -> None:
    with pytest.raises(EngineAway, match="TBI_ENGINE_URL"):
        Containers(None, NAMES, journal).list()
    alone = server(Proxy(tmp_path / "no.sock", NAMES), "127.0.0.1", 0)
    threading.Thread(target=alone.serve_forever, args=(0.05,), daemon=True).start()
    with pytest.raises(EngineAway):
        Containers(Engine(f"tcp://127.0.0.1:{alone.server_address[1]}"), NAMES, journal).list()
    alone.shutdown()
    alone.server_close()


def inspected(dockerd: Dockerd, name: str, form: str) -> str:
    return dockerd.call("inspect", "--format", form, name)
