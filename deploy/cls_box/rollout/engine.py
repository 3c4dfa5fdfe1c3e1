"""A box's engine through `docker` and compose: what reaches it (a context, SSH, a socket) is docker's own business."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from deploy.cls_box.rollout.bundle import Bundle
from deploy.cls_box.rollout.errors import EngineRefused, EngineSilent
from deploy.cls_box.rollout.ports import Host, Part, Told

_SILENT: Final = (
    "cannot connect to the docker daemon", "error during connect", "connection refused", "connection reset",
    "i/o timeout", "no route to host", "context deadline exceeded", "connection timed out", "broken pipe",
    "unexpected eof", "connection closed", "could not resolve", "dial-stdio", "permission denied (publickey",
)  # fmt: skip
"""Words with which docker, compose and ssh say that nobody answered."""
_USUAL_S: Final = 120.0
_PULL_S: Final = 3600.0
_FRESH_S: Final = 0.5
_PYTHON: Final = "/opt/tbi/bin/python"
_ASK: Final = (
    "import sys, urllib.request as r; "
    "sys.stdout.write(r.build_opener(r.ProxyHandler({})).open(sys.argv[1], timeout=15).read().decode())"
)
_VOLUME: Final = "/rollout"
_LABEL: Final = "tbi.rollout=note"


class DockerEngine:
    """`variable`: DOCKER_CONTEXT or DOCKER_HOST with its value; `project`: the box's containers' (TBI_BOX_NAME)."""

    def __init__(self, variable: tuple[str, str], project: str, *, compose: Path | None = None) -> None:
        # Variables of ours win over a box's own file in compose: none may come from whoever runs this.
        foreign = ("TBI_", "COMPOSE_", "DOCKER_HOST", "DOCKER_CONTEXT")
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        self._environment[variable[0]] = variable[1]
        self._project = project
        self._seen: tuple[float, list[dict[str, Any]]] = (0.0, [])
        self._compose = compose

    def host(self) -> Host:
        told = json.loads(self._docker("info", "--format", "{{json .}}"))
        if told.get("ServerErrors"):
            raise EngineSilent(f"its engine does not answer: {'; '.join(told['ServerErrors'])}")
        # Between question and answer lies the link: only what lies outside of that time is an error of its clock.
        before = time.time()
        now = _seconds(json.loads(self._docker("info", "--format", "{{json .SystemTime}}")))
        off = min(0.0, now - before) or max(0.0, now - time.time())
        return Host(str(told["ServerVersion"]), str(told["Architecture"]), off, self._free_mb())

    def parts(self) -> dict[str, Part]:
        return {
            str(entry["Config"]["Labels"]["com.docker.compose.service"]): _part(entry) for entry in self._inspected()
        }

    def told(self) -> dict[str, Told]:
        found = {}
        for entry in self._inspected():
            url = _probed(entry["Config"].get("Env") or [])
            if url is None or entry["State"]["Status"] != "running":
                continue
            try:
                said = json.loads(self._docker("exec", str(entry["Id"]), _PYTHON, "-I", "-c", _ASK, url))
                checks = {str(k): (v["status"] == "ok", str(v["detail"])) for k, v in said.get("checks", {}).items()}
                found[str(entry["Config"]["Labels"]["com.docker.compose.service"])] = Told(str(said["version"]), checks)
            except (EngineRefused, ValueError, KeyError, TypeError, AttributeError):
                continue  # it does not answer, or not as a service of ours
        return found

    def pull(self, reference: str) -> None:
        if not self._has(reference):
            self._docker("pull", "--quiet", reference, seconds=_PULL_S)

    def up(self, bundle: Bundle, services: list[str]) -> None:
        self._composed(bundle, "up", "--detach", "--no-build", "--no-deps", "--pull", "never", *services)

    def down(self, bundle: Bundle, services: list[str]) -> None:
        self._composed(bundle, "rm", "--stop", "--force", *services)

    def note(self, name: str, content: Mapping[str, Any]) -> None:
        packed = _packed({f"{name}.json": json.dumps(content, indent=1).encode()}, 0)
        with _Shelf(self) as shelf:
            self._run(["docker", "cp", "-", f"{shelf}:{_VOLUME}"], _USUAL_S, packed)

    def noted(self) -> dict[str, dict[str, Any]]:
        """What stands on the box itself, by name."""
        with _Shelf(self) as shelf:
            there = _tarred(self._run(["docker", "cp", f"{shelf}:{_VOLUME}", "-"], _USUAL_S))
        return {Path(name).stem: json.loads(text) for name, text in there.items() if name.endswith(".json")}

    def execute(self, service: str, words: list[str], given: bytes = b"") -> str:
        """What Python in a running service's container answers."""
        running = [e for e in self._inspected() if e["Config"]["Labels"]["com.docker.compose.service"] == service]
        if not running or running[0]["State"]["Status"] != "running":
            raise EngineRefused(f"{service} does not run on the box")
        command = ["docker", "exec", "--interactive", str(running[0]["Id"]), _PYTHON, *words]
        return self._run(command, _USUAL_S, given).decode()

    def lay(self, image: str, folder: str, files: Mapping[str, str], user: int) -> None:
        """Write these files below `folder` of the box's host, for `user` alone, unless they are there."""
        mount = f"{folder}:{_VOLUME}"
        container = self._docker(
            "create", "--label", _LABEL, "--network", "none", "-v", mount, image, "true"
        ).strip()  # fmt: skip
        try:
            there = _tarred(self._run(["docker", "cp", f"{container}:{_VOLUME}", "-"], _USUAL_S))
            missing = {name: text.encode() for name, text in files.items() if name not in there}
            self._run(["docker", "cp", "-", f"{container}:{_VOLUME}"], _USUAL_S, _packed(missing, user))
        finally:
            self.remove(container)

    def forget(self, references: list[str]) -> list[str]:
        gone = []
        for reference in references:
            try:
                self._docker("image", "rm", reference)
                gone.append(reference)
            except EngineRefused:
                continue  # a container is made from it, or it is gone
        return gone

    def shelf(self) -> str:
        """A container that is never started, through which the volume of notes is reached."""
        for entry in self._docker("ps", "--all", "--quiet", "--filter", f"label={_LABEL}").split():
            self._docker("rm", "--force", entry)
        image = next((str(entry["Image"]) for entry in self._inspected()), None)
        if image is None:
            image = next(iter(self._docker("images", "--quiet", "--no-trunc").split()), None)
        if image is None:
            raise EngineRefused("there is no image on the box yet with which a note could be written")
        volume = f"{self._project}_rollout:{_VOLUME}"
        return self._docker("create", "--label", _LABEL, "--network", "none", "-v", volume, image, "true").strip()

    def remove(self, container: str) -> None:
        self._docker("rm", "--force", container)

    def _has(self, reference: str) -> bool:
        try:
            self._docker("image", "inspect", "--format", "{{.Id}}", reference)
        except EngineRefused:
            return False
        return True

    def _inspected(self) -> list[dict[str, Any]]:
        """All of the box's containers. What is asked together is asked once: each question is a way over the link."""
        asked, seen = self._seen
        if not asked or time.monotonic() - asked > _FRESH_S:
            seen = self._looked()
            self._seen = (time.monotonic(), seen)
        return seen

    def _looked(self) -> list[dict[str, Any]]:
        label = f"label=com.docker.compose.project={self._project}"
        ids = self._docker("ps", "--all", "--quiet", "--filter", label).split()
        if not ids:
            return []
        try:
            found = json.loads(self._docker("inspect", *ids))
        except EngineRefused:  # one of them went in between
            return []
        return [entry for entry in found if entry["Config"]["Labels"].get("com.docker.compose.oneoff") != "True"]

    def _free_mb(self) -> int | None:
        """Where the engine's images lie, seen from within a container: its root is there."""
        for entry in self._inspected():
            if entry["State"]["Status"] == "running":
                try:
                    return int(self._docker("exec", str(entry["Id"]), "df", "-Pm", "/").splitlines()[-1].split()[3])
                except (EngineRefused, ValueError, IndexError):
                    continue
        return None

    def _composed(self, bundle: Bundle, *arguments: str) -> str:
        self._seen = (0.0, [])
        with tempfile.TemporaryDirectory(prefix="tbi-rollout-") as folder:
            compose, environment = Path(folder) / "compose.yml", Path(folder) / "environment"
            compose.write_text(bundle.compose, encoding="utf-8")
            environment.touch(mode=0o600)
            environment.write_text(bundle.environment, encoding="utf-8")
            told = ("--project-name", self._project, "--file", str(compose), "--env-file", str(environment))
            words = [*self._compose_command(), *told, *arguments]
            return self._run(words, _USUAL_S * 3).decode()

    def _compose_command(self) -> list[str]:
        return [str(self._compose)] if self._compose else ["docker", "compose"]

    def _docker(self, *arguments: str, seconds: float = _USUAL_S) -> str:
        return self._run(["docker", *arguments], seconds).decode()

    def _run(self, words: list[str], seconds: float, given: bytes = b"") -> bytes:
        program = shutil.which(words[0])
        if program is None:
            raise EngineRefused(f"there is no program {words[0]} on this machine")
        try:
            done = subprocess.run(
                [program, *words[1:]], input=given, env=self._environment, capture_output=True, timeout=seconds,
                check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise EngineSilent(f"its engine did not answer within {seconds:.0f} s") from error
        if done.returncode:
            last = " | ".join(done.stderr.decode(errors="replace").strip().splitlines()[-3:])
            kind = EngineSilent if any(word in last.lower() for word in _SILENT) else EngineRefused
            raise kind(f"{words[0]} {words[1]}: {last or f'ended with {done.returncode}'}")
        return done.stdout


class _Shelf:
    """The container for the notes, for a while."""

    def __init__(self, engine: DockerEngine) -> None:
        self._engine = engine
        self._container = ""

    def __enter__(self) -> str:
        self._container = self._engine.shelf()
        return self._container

    def __exit__(self, *_: object) -> None:
        self._engine.remove(self._container)


def _packed(files: Mapping[str, bytes], user: int) -> bytes:
    """A tar archive of files and of the folders that they need, for `user` alone."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for folder in sorted({str(Path(name).parent) for name in files} - {"."}):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode, entry.mtime = tarfile.DIRTYPE, 0o700, int(time.time())
            entry.uid = entry.gid = user
            tar.addfile(entry)
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime = len(content), 0o600, int(time.time())
            entry.uid = entry.gid = user
            tar.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def _tarred(archive: bytes) -> dict[str, bytes]:
    """The files of an archive of a folder, by their path within."""
    found = {}
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for entry in tar:
            content = tar.extractfile(entry) if entry.isfile() else None
            if content is not None:
                found[entry.name.partition("/")[2]] = content.read()
    return found


def _part(entry: Mapping[str, Any]) -> Part:
    state = entry["State"]
    named = str(entry["Config"]["Image"])
    running = state["Status"] == "running"
    return Part(
        named if "@sha256:" in named else str(entry["Image"]),
        str(state["Status"]),
        str((state.get("Health") or {}).get("Status", "")),
        time.time() - _seconds(state["StartedAt"]) if running else 0.0,
    )


def _probed(environment: list[str]) -> str | None:
    """The address at which a container's own health is asked."""
    told = next((entry.removeprefix("TBI_PROBE=") for entry in environment if entry.startswith("TBI_PROBE=")), "")
    return told.removeprefix("http ") if told.startswith("http ") else None


def _seconds(time_text: str) -> float:
    """From a time as the engine writes it, with nanoseconds."""
    base, _, rest = time_text.partition(".")
    digits = "".join(character for character in rest if character.isdigit())[:6] if rest else "0"
    fraction, zone = (digits, rest.lstrip("0123456789")) if rest else ("0", "")
    whole = datetime.fromisoformat((base + zone).replace("Z", "+00:00") if zone else base.replace("Z", "+00:00"))
    return whole.replace(tzinfo=whole.tzinfo or UTC).timestamp() + float(f"0.{fraction or 0}")
