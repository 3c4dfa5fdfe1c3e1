"""The clients' plan, and what a Python client is told of a document. (That they are current is a check of its own.)"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deploy.local import generate
from services.shared.web.openapi import documented_services


def test_every_documented_service_has_a_python_client_and_the_portals_one_in_typescript() -> None:
    wanted = generate.clients()
    assert [c.service for c in wanted if c.generator == "python"] == documented_services()
    assert {c.service for c in wanted if c.generator != "python"} == set(generate.PORTAL)
    for client in wanted:
        assert (generate.REPO / client.folder).is_dir(), generate.CURE


def test_a_python_client_is_told_shapes_and_types_but_not_which_values_are_allowed() -> None:
    document: dict[str, Any] = {
        "info": {"title": "x", "version": "1"},
        "definitions": {
            "Unit": {
                "type": "object",
                "required": ["format"],
                "properties": {
                    # a property may be called what elsewhere is a constraint
                    "format": {"type": "string", "enum": ["a", "b"], "x-nullable": True},
                    "enum": {"type": "array", "maxItems": 3, "items": {"type": "integer", "minimum": 1}},
                    "when": {"type": "string", "format": "date-time", "description": "a time"},
                },
            }
        },
        "paths": {
            "/unit": {"get": {"parameters": [{"name": "limit", "in": "query", "type": "integer", "maximum": 9}]}}
        },
    }
    before = json.dumps(document)
    relaxed = generate.tolerant(document)
    assert json.dumps(document) == before
    assert relaxed["definitions"]["Unit"]["required"] == ["format"]
    assert relaxed["definitions"]["Unit"]["properties"] == {
        "format": {"type": "string", "x-nullable": True},
        "enum": {"type": "array", "items": {"type": "integer"}},
        "when": {"type": "string", "description": "a time"},
    }
    assert relaxed["paths"]["/unit"]["get"]["parameters"] == [{"name": "limit", "in": "query", "type": "integer"}]


def test_a_missing_generator_is_named_with_what_installs_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TBI_GENERATOR_ENV", str(tmp_path))
    with pytest.raises(generate.GenerateError, match=r"\./tbi generate"):
        generate.stale()


def test_a_change_a_missing_file_and_one_too_many_are_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The generator is not run: what it would make is what lies in the repository."""

    def make(wanted: list[generate.Client], folder: Path) -> None:
        for client in wanted:
            place = folder / client.folder / client.made
            place.mkdir(parents=True)
            (place / f"one{client.suffixes[0]}").write_text("1")
            (place / f"two{client.suffixes[0]}").write_text("2")
            (place / "README.md").write_text("not wanted")

    monkeypatch.setattr(generate, "_generate", make)
    made = generate.write(tmp_path)
    assert generate.stale(tmp_path) == []
    assert not list(tmp_path.rglob("README.md"))
    first, second, third = (tmp_path / folder for folder in made[:3])
    (first / "one.py").write_text("edited")
    (second / "two.py").unlink()
    (third / "three.py").write_text("")
    gone = tmp_path / generate.PYTHON / "a_service_that_is_no_more"
    gone.mkdir()
    wrong = {first / "one.py", second / "two.py", third / "three.py", gone}
    assert {tmp_path / path for path in generate.stale(tmp_path)} == wrong
    generate.write(tmp_path)
    assert generate.stale(tmp_path) == []
