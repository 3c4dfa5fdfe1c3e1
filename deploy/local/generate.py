"""The generated clients: from each services/*/openapi.json one in Python, and for the portal's services in TypeScript.

One run of the generator makes them all (its Java runtime starts once); what comes out depends on nothing but the
documents and the generator's version, so that `stale` can compare byte for byte.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

REPO = Path(__file__).resolve().parents[2]
CURE: Final = "run ./tbi generate"
PYTHON: Final = Path("clients")
TYPESCRIPT: Final = Path("webportal/src/app/api")
PORTAL: Final = ("mastr_connector", "forecast_connector", "background_manager_logic", "blockchain_connector")
"""The services that the portal calls."""

_CONSTRAINTS: Final = frozenset(
    {"enum", "pattern", "format", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "uniqueItems"}
)
_NOT_WANTED: Final = dict.fromkeys(("apiTests", "modelTests", "apiDocs", "modelDocs"), "false")
_JAVA: Final = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx512m"
_TIMEOUT_S: Final = 300


class GenerateError(Exception):
    """The clients cannot be made. The text is one sentence, or the generator's own last lines."""


@dataclass(frozen=True)
class Client:
    """`folder` is where it lies in the repository; `made` where the generator leaves it in its own folder."""

    service: str
    generator: str
    folder: Path
    made: Path
    options: Mapping[str, Any]
    suffixes: tuple[str, ...]


def clients(services: Path = REPO / "services") -> list[Client]:
    """All clients that there should be."""
    names = sorted(file.parent.name for file in services.glob("*/openapi.json"))
    return [*map(_python, names), *(_typescript(name) for name in names if name in PORTAL)]


def write(repo: Path = REPO) -> list[Path]:
    """Make the clients anew; their folders. Raises GenerateError."""
    wanted = clients()
    with tempfile.TemporaryDirectory(prefix="tbi-generate-") as folder:
        _generate(wanted, Path(folder))
        for client in wanted:
            target = repo / client.folder
            shutil.rmtree(target, ignore_errors=True)
            for name, content in _files(Path(folder) / client.folder / client.made, client.suffixes):
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                (target / name).write_bytes(content)
    for left in _left_over(wanted, repo):
        shutil.rmtree(left)
    return [client.folder for client in wanted]


def stale(repo: Path = REPO) -> list[Path]:
    """The files that are not what the generator makes of the documents: others, missing ones, ones too many.

    Raises GenerateError.
    """
    wanted = clients()
    wrong: list[Path] = [left.relative_to(repo) for left in _left_over(wanted, repo)]
    with tempfile.TemporaryDirectory(prefix="tbi-generate-") as folder:
        _generate(wanted, Path(folder))
        for client in wanted:
            made = dict(_files(Path(folder) / client.folder / client.made, client.suffixes))
            here = dict(_files(repo / client.folder, client.suffixes))
            wrong += [client.folder / name for name in made.keys() | here.keys() if made.get(name) != here.get(name)]
    return sorted(wrong)


def tolerant(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document as a Python client takes it: shapes and types, but not which values are allowed.

    The service that is asked checks what it is sent. What it answers may be newer than this client: another word in an
    enumeration is the caller's to judge, and no reason not to read the answer.
    """
    relaxed = deepcopy(dict(document))
    for part in (relaxed.get("definitions", {}), relaxed.get("paths", {})):
        _relax(part)
    return relaxed


def _relax(node: Any) -> None:
    if isinstance(node, list):
        for part in node:
            _relax(part)
    elif isinstance(node, dict):
        if isinstance(node.get("type"), str):
            for name in _CONSTRAINTS & node.keys():
                del node[name]
        for part in node.values():
            _relax(part)


def _python(service: str) -> Client:
    options = {"packageName": f"clients.{service}", "projectName": "tbienergy"}
    return Client(service, "python", PYTHON / service, Path("clients") / service, options, (".py", ".typed"))


def _typescript(service: str) -> Client:
    options = {
        "ngVersion": "21.0.0",
        "providedInRoot": True,
        "fileNaming": "kebab-case",
        "useSingleRequestParameter": True,
    }
    folder = TYPESCRIPT / service.replace("_", "-")
    return Client(service, "typescript-angular", folder, Path(), options, (".ts",))


def _generate(wanted: list[Client], folder: Path) -> None:
    """Every client into its folder below `folder`."""
    plans = []
    for number, client in enumerate(wanted):
        document = json.loads((REPO / "services" / client.service / "openapi.json").read_text(encoding="utf-8"))
        source, plan = folder / f"{number}-document.json", folder / f"{number}-plan.json"
        source.write_text(json.dumps(tolerant(document) if client.generator == "python" else document))
        plan.write_text(json.dumps(_plan(client, source, folder)))
        plans.append(str(plan))
    _run(["batch", "--fail-fast", "--threads", str(os.cpu_count() or 1), *plans])


def _plan(client: Client, source: Path, folder: Path) -> dict[str, Any]:
    return {
        "generatorName": client.generator,
        "inputSpec": str(source),
        "outputDir": str(folder / client.folder),
        "additionalProperties": dict(client.options),
        # the one class of calls is named after the service: MastrConnectorApi, MastrConnectorService
        "openapiNormalizer": {"SET_TAGS_FOR_ALL_OPERATIONS": client.service.replace("_", "-")},
        "globalProperties": {"apis": "", "models": "", "supportingFiles": "", **_NOT_WANTED},
    }


def _run(arguments: list[str]) -> None:
    environment = os.environ.get("TBI_GENERATOR_ENV")
    program = Path(environment or REPO / ".venv" / "generator") / "bin" / "openapi-generator-cli"
    if not program.is_file():
        raise GenerateError(f"the generator is not at {program}: run ./tbi generate, which installs it")
    # nothing of the caller's: the Java runtime comes with the generator
    own = {"PATH": "/nonexistent", "HOME": os.environ.get("HOME", "/"), "JDK_JAVA_OPTIONS": _JAVA}
    done = subprocess.run(
        [str(program), *arguments], env=own, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
    )
    said = [line for line in f"{done.stdout}\n{done.stderr}".splitlines() if line.strip("# ")]
    wrong = [line for line in said if " ERROR " in line]
    if done.returncode or wrong:
        raise GenerateError("the generator failed:\n" + "\n".join(wrong[:10] or said[-10:]))


def _files(folder: Path, suffixes: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    """What is a client's own in `folder`, by path: the sources; not what a package of its own would need."""
    for file in folder.rglob("*"):
        if file.suffix in suffixes or file.name in suffixes:
            yield file.relative_to(folder).as_posix(), file.read_bytes()


def _left_over(wanted: list[Client], repo: Path) -> list[Path]:
    """Folders of services that there are no more."""
    here = [folder for parent in (PYTHON, TYPESCRIPT) for folder in (repo / parent).glob("*/") if folder.is_dir()]
    known = {repo / client.folder for client in wanted}
    return sorted(folder for folder in here if folder not in known and folder.name != "__pycache__")
