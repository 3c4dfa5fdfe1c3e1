"""Thunder Client's collections: read, and run as the tool runs them, with the tests that they carry."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

FOLDER = Path(__file__).parents[1] / "docs/thunder"
COLLECTION = FOLDER / "thunder-collection_tbiEnergy.json"
ENVIRONMENT = FOLDER / "thunder-environment_lokal.json"
_VARIABLE = re.compile(r"\{\{([^}]+)\}\}")
_STEP = re.compile(r"([A-Za-z_]\w*)|\[(\d+)\]")

COMPARISONS: Mapping[str, Callable[[Any, str], bool]] = {
    "equal": lambda found, wanted: str(found) == wanted,
    ">": lambda found, wanted: float(found) > float(wanted),
    "istype": lambda found, wanted: isinstance(found, {"string": str, "array": list, "number": (int, float)}[wanted]),
}


def environment() -> dict[str, str]:
    told = json.loads(ENVIRONMENT.read_text(encoding="utf-8"))
    return {entry["name"]: entry["value"] for entry in told["data"]}


def collection() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(COLLECTION.read_text(encoding="utf-8"))
    return found


def in_order(told: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The requests as Run All takes them: folder by folder, each by its place."""
    places = {folder["_id"]: folder["sortNum"] for folder in told["folders"]}
    yield from sorted(told["requests"], key=lambda one: (places[one["containerId"]], one["sortNum"]))


def at(path: str, told: Any) -> Any:
    """What `json.items[0].sub` means."""
    assert path.startswith("json"), path
    for name, place in _STEP.findall(path.removeprefix("json")):
        told = told[name] if name else told[int(place)]
    return told


@dataclass
class Runner:
    """`variables` are the environment's; the requests' own tests set more."""

    variables: dict[str, str]
    http: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.http.trust_env = False

    def filled(self, text: str) -> str:
        """With variables in their places. Raises KeyError."""
        return _VARIABLE.sub(lambda match: self._value(match[1]), text)

    def send(self, one: Mapping[str, Any]) -> requests.Response:
        url = self.filled(one["url"].partition("?")[0])
        for param in one["params"]:
            if param["isPath"]:
                url = url.replace(f":{param['name']}", quote(self.filled(param["value"]), safe=""))
        query = {param["name"]: self.filled(param["value"]) for param in one["params"] if not param["isPath"]}
        headers = {header["name"]: self.filled(header["value"]) for header in one["headers"]}
        if one["auth"]["type"] == "bearer":
            headers["Authorization"] = f"Bearer {self.filled(one['auth']['bearer'])}"
        body = self.filled(one["body"]["raw"]).encode() if "body" in one else None
        return self.http.request(one["method"], url, params=query, headers=headers, data=body, timeout=90)

    def failures(self, one: Mapping[str, Any], answer: requests.Response) -> list[str]:
        """Which of the request's tests do not hold; what they set is set."""
        return [wrong for test in one["tests"] if (wrong := self._failure(test, answer))]

    def _failure(self, test: Mapping[str, Any], answer: requests.Response) -> str:
        kind, value = test["type"], test["value"]
        if kind == "res-code":
            holds = COMPARISONS[test["action"]](answer.status_code, value)
            return "" if holds else f"{answer.status_code} instead of {value}: {answer.text[:500]}"
        try:
            found = at(test["custom"], answer.json())
        except (ValueError, KeyError, IndexError, TypeError):
            return f"there is no {test['custom']} in {answer.text[:500]}"
        if kind == "set-env-var":
            self.variables[value.strip("{}")] = str(found)
            return ""
        assert kind == "json-query", kind
        holds = COMPARISONS[test["action"]](found, self.filled(value))
        return "" if holds else f"{test['custom']} is {found!r}, not {test['action']} {value}"

    def _value(self, name: str) -> str:
        return uuid.uuid4().hex if name == "#guid" else self.variables[name]
