"""The runbook can be followed: commands, files, variables, routes and words of the portal that it names are there."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import pytest

from deploy.local.settings import REPO

PAGES = ("docs/operations.md", "docs/aws.md", "docs/containers.md", "lambdas/README.md")
TEXTS = {page: (REPO / page).read_text(encoding="utf-8") for page in PAGES}
SOURCES = ("services", "deploy", "lambdas", "cli", "tests", ".gitlab-ci.yml", "docker-compose.yml", "tbi")
_COMPOSE = ("docker-compose.yml", "deploy/cls_box/docker-compose.yml")
OF_THE_OPERATOR = {"deploy/images/ca/build.crt"}
OF_SHAPES = {"TBI_KEY_PARTNERA", "TBI_KEY_PARTNERD"}


def sources() -> str:
    files = [
        file
        for name in SOURCES
        for file in ([REPO / name] if (REPO / name).is_file() else (REPO / name).rglob("*"))
        if file.suffix in ("", ".py", ".yml", ".yaml", ".sh", ".Dockerfile")
        and file.is_file()
        and file != Path(__file__)
    ]
    return "\n".join(file.read_text(encoding="utf-8", errors="replace") for file in files)


def words(told: Any) -> set[str]:
    if isinstance(told, dict):
        return {one for value in told.values() for one in words(value)}
    return {str(told)}


@pytest.mark.parametrize("page", PAGES)
def test_words_of_the_portal_are_the_portals(page: str) -> None:
    there = words(json.loads((REPO / "webportal/src/i18n/de.json").read_text(encoding="utf-8")))
    named = [
        one
        for sentence in re.findall(r"[Pp]ortal\**(?: \(EVU\))?, (\".+?)(?:[;:.|]|$)", TEXTS[page], flags=re.MULTILINE)
        for one in re.findall(r'"([^"]+)"', sentence)
    ]
    assert set(named) <= there
    assert named or page != "docs/operations.md"


@pytest.mark.parametrize("page", PAGES)
def test_commands_and_modules_are_there(page: str) -> None:
    commands = set(re.findall(r"\./tbi ([a-z]+)", TEXTS[page]))
    told = (REPO / "cli/help.txt").read_text(encoding="utf-8")
    assert {one for one in commands if not re.search(rf"^  {one} ", told, flags=re.MULTILINE)} == set()
    for module in re.findall(r"python3? -m ((?:deploy|services|contracts|auditor)[\w.]*)", TEXTS[page]):
        assert importlib.util.find_spec(module.rstrip(".")) is not None, module


@pytest.mark.parametrize("page", PAGES)
def test_files_and_tests_that_it_names_are_there(page: str) -> None:
    for name in re.findall(r"`((?:tests|deploy|docs|auditor|locks)/[\w./-]+\w)`", TEXTS[page]):
        assert name in OF_THE_OPERATOR or (REPO / name).exists() or (REPO / f"{name}.py").exists(), name
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", TEXTS[page]):
        assert ((REPO / page).parent / link).exists(), link


@pytest.mark.parametrize("page", PAGES)
def test_variables_that_it_names_are_read_somewhere(page: str) -> None:
    known = sources()
    for name in sorted(set(re.findall(r"\b(?:TBI|MONGO|MASTR)_[A-Z_]+[A-Z]\b", TEXTS[page])) - OF_SHAPES):
        assert name in known, name


def test_sections_that_it_sends_to_are_there() -> None:
    text = TEXTS["docs/operations.md"]
    there = {line.lstrip("# ") for line in text.splitlines() if line.startswith("#")}
    sent = set(re.findall(r"see \*([A-Z][^*]+)\*", text)) | set(re.findall(r"Then \*([A-Z][^*]+)\*", text))
    assert sent
    assert sent <= there


def test_every_route_that_it_names_is_in_a_services_document() -> None:
    text = TEXTS["docs/operations.md"]
    for service, path in re.findall(r"`(?:GET|POST|PATCH) /([a-z-]+)(/[a-z0-9/{}A-Z_-]+)`", text):
        document = REPO / "services" / service.replace("-", "_") / "openapi.json"
        paths = json.loads(document.read_text(encoding="utf-8"))["paths"]
        shape = re.sub(r"\{\w+\}|[A-Z]{2,}", "{}", path)
        there = {re.sub(r"\{\w+\}", "{}", one.removeprefix(f"/{service}")) for one in paths}
        assert shape in there or shape.removeprefix("/api/v1") in there or shape == "/api/v1/health", path
