"""Two boxes' engines, a registry between them, a way in by SSH, and versions of a box that are good or bad."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests
import yaml

from deploy.containers.engine import _compose, _docker
from services.shared.wait import wait_until
from tests.containers.rollout.versions import COMPOSE, busybox, root

_USUAL = {"network_mode": "none", "restart": "unless-stopped", "stop_grace_period": "1s"}
_WELL = {"test": ["CMD", "/bin/well"], "interval": "1s", "retries": 2, "start_period": "0s"}


def missing() -> list[str]:
    """What this machine lacks for a field of boxes."""
    programs = ("dockerd", "docker-registry")
    absent = [name for name in programs if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") is None]
    if busybox() is None:
        absent.append("busybox-static")
    if _compose() is None:
        absent.append("docker-compose (locks/compose.txt)")
    return [*absent, *([] if os.geteuid() == 0 else ["the rights of root"])]


def _sshd() -> str | None:
    return shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin") if shutil.which("ssh") else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Program:
    """A program of ours, ended by its process id."""

    def __init__(self, words: list[str], log: Path, environment: Mapping[str, str] | None = None) -> None:
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=environment, start_new_session=True
            )

    def end(self, number: int = signal.SIGTERM) -> None:
        if self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(60)


class BoxEngine:
    """dockerd of a box: without a bridge, so that several run beside each other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.host = f"unix://{folder / 'docker.sock'}"
        self.start()

    def start(self) -> None:
        words = [
            *(shutil.which("dockerd") or "/usr/sbin/dockerd", "-H", self.host, "--bridge=none", "--iptables=false"),
            *("--data-root", str(self.folder / "data"), "--exec-root", str(self.folder / "exec")),
            *("--pidfile", str(self.folder / "pid"), "--default-ulimit", "nofile=4096:4096"),
        ]
        self.program = Program(words, self.folder / "log")
        wait_until(self._answers, 60, every=0.2, what="an engine's answer")

    def kill(self) -> None:
        """The engine and what it supervises with, as a power cut would; its containers go with it."""
        containerd = self._containerd()
        self.program.end(signal.SIGKILL)
        if containerd is not None:
            with contextlib.suppress(ProcessLookupError):  # it may end with its parent
                os.kill(containerd, signal.SIGKILL)
            wait_until(lambda: not Path(f"/proc/{containerd}").exists(), 20, what="the end of containerd")
        (self.folder / "pid").unlink(missing_ok=True)

    def end(self) -> None:
        for identifier in self("ps", "--all", "--quiet").split():
            self("rm", "--force", identifier)
        self.program.end()
        for line in reversed(Path("/proc/mounts").read_text().splitlines()):  # an engine that was killed leaves some
            if line.split()[1].startswith(str(self.folder)):
                subprocess.run(["umount", line.split()[1]], check=False)  # noqa: S607 - as the system has it

    def __call__(self, *words: str, given: bytes = b"") -> str:
        done = subprocess.run(
            [_docker(), "-H", self.host, *words], input=given, capture_output=True, check=False, timeout=120
        )
        assert done.returncode == 0, (words, done.stderr.decode())
        return done.stdout.decode()

    def images(self) -> set[str]:
        return set(self("images", "--digests", "--format", "{{.Repository}}@{{.Digest}}").split())

    def versions(self) -> set[str]:
        """Which versions the containers that run were made from."""
        ids = self("ps", "--quiet").split()
        told = json.loads(self("inspect", *ids)) if ids else []
        return {str(entry["Config"]["Image"]).partition("@sha256:")[2] for entry in told}

    def _containerd(self) -> int | None:
        file = self.folder / "exec/containerd/containerd.pid"
        return int(file.read_text()) if file.is_file() else None

    def _answers(self) -> bool:
        assert self.program.process.poll() is None, (self.folder / "log").read_text()[-2000:]
        found = subprocess.run([_docker(), "-H", self.host, "version"], capture_output=True, check=False)
        return found.returncode == 0


class Field:
    """The boxes `box-1` (by SSH) and `box-2` (by a context), and the operator's desk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.desk = folder / "desk"
        self.desk.mkdir()
        self.registry_port, self.ssh_port = free_port(), free_port()
        self.programs: list[Program] = []
        self.boxes: dict[str, BoxEngine] = {}
        self.versions: dict[str, dict[str, str]] = {}

    def up(self) -> None:
        self._registry()
        for name in ("box-1", "box-2"):
            self.boxes[name] = BoxEngine(self.folder / name)
        self._client()
        if _sshd():
            self._ssh()
        self._lay_out()

    def down(self) -> None:
        for box in self.boxes.values():
            box.end()
        if (own := self.folder / "bin/ssh").is_file():  # the connection that is kept open between questions
            words = [str(own), "-O", "exit", "-p", str(self.ssh_port), "root@127.0.0.1"]
            subprocess.run(words, capture_output=True, check=False)
        for program in self.programs:
            program.end()

    def make(self, version: str, *, well: bool = True, works: bool = True, says: str | None = None) -> None:
        """A version in the registry: `well`: its health checks pass; `works`: its worker does not crash."""
        maker = self.boxes["box-2"]
        self.versions[version] = {}
        for name in ("box", "redis"):
            tag = f"127.0.0.1:{self.registry_port}/{name}:{version}"
            maker("import", "-", tag, given=root(says or version, name, well=well, works=works))
            maker("push", "--quiet", tag)
            told = json.loads(maker("image", "inspect", tag))[0]["RepoDigests"]
            self.versions[version][name] = next(one for one in told if one.startswith(tag.rpartition(":")[0] + "@"))
            maker("image", "rm", "--force", tag, self.versions[version][name])

    def missing_version(self, version: str) -> None:
        self.versions[version] = {
            name: f"127.0.0.1:{self.registry_port}/{name}@sha256:{'0' * 64}" for name in ("box", "redis")
        }

    def wish(self, version: str, **limits: Any) -> None:
        """What the fleet file says: box-1 is the canary."""
        careful = {"parallel": 2, "healthy_within_s": 25, "stays_up_s": 2, "watch_canaries_s": 1, "border_s": 0}
        boxes = [
            {"name": "box-1", "host": self._way_to_box_1(), "ring": "canary"},
            {"name": "box-2", "context": "box-2", "ring": 1},
        ]
        for index, box in enumerate(boxes):
            box.update(vpn_address=f"10.77.1.{index + 1}", version=version)
        told = {
            "limits": {**careful, "free_mb": 10, **limits},
            "versions": self.versions,
            "boxes": boxes,
        }
        (self.desk / "fleet.yaml").write_text(yaml.safe_dump(told))

    def begin(self, act: str, *more: str) -> subprocess.Popen[bytes]:
        """The command, as an operator starts it."""
        words = [sys.executable, "-m", "deploy.cls_box.rollout"]
        log = (self.desk / "rollout.log").open("ab")
        with log:
            return subprocess.Popen(
                [*words, act, str(self.desk / "fleet.yaml"), *more, "--json"],
                env=self.environment, stdout=subprocess.PIPE, stderr=log, cwd=Path(__file__).parents[3],
            )  # fmt: skip

    def run(self, act: str, *more: str) -> tuple[int, dict[str, dict[str, Any]]]:
        process = self.begin(act, *more)
        out, _ = process.communicate(timeout=600)
        return process.returncode, {entry["box"]: entry for entry in json.loads(out or b"[]")}

    def phase(self, box: str) -> str:
        file = self.desk / f"rollout-state/{box}.json"
        return str(json.loads(file.read_text())["phase"]) if file.is_file() else ""

    def runs(self, box: str) -> set[str]:
        """The versions that a box's containers are of."""
        of = {ref.partition("@sha256:")[2]: version for version, refs in self.versions.items() for ref in refs.values()}
        return {of[digest] for digest in self.boxes[box].versions()}

    @property
    def environment(self) -> dict[str, str]:
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}:/usr/sbin"
        return {**os.environ, "PATH": path, "DOCKER_CONFIG": str(self.folder / "client")}

    def _registry(self) -> None:
        config = {
            "version": 0.1,
            "storage": {"filesystem": {"rootdirectory": str(self.folder / "registry")}},
            "http": {"addr": f"127.0.0.1:{self.registry_port}"},
        }
        (self.folder / "registry.yml").write_text(yaml.safe_dump(config))
        words = ["docker-registry", "serve", str(self.folder / "registry.yml")]
        self.programs.append(Program(words, self.folder / "registry.log"))
        url = f"http://127.0.0.1:{self.registry_port}/v2/"
        wait_until(lambda: _ok(url), 30, what="the registry")

    def _client(self) -> None:
        """docker as on an operator's machine: compose as its plugin, a context, `ssh` that knows the boxes."""
        compose = _compose()
        assert compose is not None
        plugins = self.folder / "client/cli-plugins"
        plugins.mkdir(parents=True)
        (plugins / "docker-compose").symlink_to(compose.resolve())
        told = f"host={self.boxes['box-2'].host}"
        words = [_docker(), "context", "create", "box-2", "--docker", told]
        subprocess.run(words, env=self.environment, check=True, capture_output=True)

    def _ssh(self) -> None:
        folder = self.folder / "ssh"
        folder.mkdir(mode=0o700)
        for name in ("host", "operator"):
            subprocess.run(
                [shutil.which("ssh-keygen") or "", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)],
                check=True,
            )
        (folder / "authorized").write_text((folder / "operator.pub").read_text())
        (folder / "known").write_text(f"[127.0.0.1]:{self.ssh_port} {(folder / 'host.pub').read_text()}")
        (folder / "sshd_config").write_text(
            f"Port {self.ssh_port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nPidFile none\nStrictModes no\n"
            f"AuthorizedKeysFile {folder}/authorized\nPasswordAuthentication no\nPermitRootLogin prohibit-password\n"
            f"UsePAM no\nSetEnv DOCKER_HOST={self.boxes['box-1'].host}\n"
        )
        (folder / "config").write_text(
            f"Host *\n  IdentityFile {folder}/operator\n  IdentitiesOnly yes\n  UserKnownHostsFile {folder}/known\n"
            "  StrictHostKeyChecking yes\n  BatchMode yes\n"
            f"  ControlMaster auto\n  ControlPath {folder}/%C\n  ControlPersist 60\n"
        )
        Path("/run/sshd").mkdir(exist_ok=True)
        words = [_sshd() or "", "-D", "-e", "-f", str(folder / "sshd_config")]
        self.programs.append(Program(words, folder / "log"))
        own = self.folder / "bin/ssh"
        own.parent.mkdir()
        own.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {folder}/config "$@"\n')
        own.chmod(0o755)
        wait_until(lambda: _open(self.ssh_port), 20, what="sshd")

    def _way_to_box_1(self) -> str:
        """By SSH where there is a server for it; else the same commands go to the socket."""
        return f"ssh://root@127.0.0.1:{self.ssh_port}" if _sshd() else self.boxes["box-1"].host

    def _lay_out(self) -> None:
        services = {
            name: {**_USUAL, **told, **({"healthcheck": _WELL} if name != "worker" else {})}
            for name, told in COMPOSE["services"].items()  # type: ignore[attr-defined]
        }
        (self.desk / "docker-compose.yml").write_text(yaml.safe_dump({**COMPOSE, "services": services}))
        for name in self.boxes:
            (self.desk / "boxes" / name).mkdir(parents=True)
            (self.desk / "boxes" / name / ".env").write_text(f"TBI_BOX_NAME={name}\n")


def _ok(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).ok
    except requests.ConnectionError:
        return False


def _open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
