"""What the box's services may ask of its container engine. Pure.

Containers are named, never addressed by id, so that a name decides. A container is made anew only as a copy of one that
is there: otherwise whoever may make containers owns the host.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

NEW, OLD = ".new", ".old"
"""Suffixes of a container's successor before it takes over, and of its predecessor until that is certain."""

_VERSION: Final = r"(?:/v1\.\d+)?"
_NAME: Final = r"([A-Za-z0-9][A-Za-z0-9_.-]*)"
_QUERY: Final = {
    "run": frozenset({"t"}),
    "rename": frozenset({"name"}),
    "remove": frozenset({"v", "link", "force"}),
    "create": frozenset({"name"}),
    "pull": frozenset({"fromImage", "tag"}),
}
"""What may be asked beside the path; of a name that stands twice, or is empty, the engine may take the other one."""

_HOST_IMPOSED: Final = frozenset({"ContainerIDFile"})


@dataclass(frozen=True, slots=True)
class Request:
    """A call to the engine, as far as the policy looks at it. `kind` names it."""

    kind: str
    name: str = ""
    target: str = ""


_RULES: Final = (
    ("GET", r"/(?:_ping|version)", "about"),
    ("GET", r"/containers/json", "list"),
    ("GET", rf"/containers/{_NAME}/json", "inspect"),
    ("POST", rf"/containers/{_NAME}/(?:start|stop|restart)", "run"),
    ("POST", rf"/containers/{_NAME}/rename", "rename"),
    ("DELETE", rf"/containers/{_NAME}", "remove"),
    ("POST", r"/containers/create", "create"),
    ("POST", r"/images/create", "pull"),
    ("GET", r"/images/[A-Za-z0-9][A-Za-z0-9_./:@-]*/json", "about"),
)


def read(method: str, url: str) -> Request | None:
    """The request, when it is of a kind that is ever let through."""
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = dict(pairs)
    if len(query) != len(pairs) or "#" in url or ";" in parts.query:
        return None
    for verb, pattern, kind in _RULES:
        found = re.fullmatch(_VERSION + pattern, unquote(parts.path), re.ASCII)
        if verb != method or found is None:
            continue
        if kind in _QUERY and (not query.keys() <= _QUERY[kind] or "" in query.values()):
            return None
        name = found[1] if found.groups() else query.get("name", "")  # create names it in the query
        if kind == "pull":
            return Request(kind, f"{query.get('fromImage', '')}:{query.get('tag', '')}")
        return Request(kind, name, query.get("name", "") if kind == "rename" else "")
    return None


def refusal(request: Request | None, allowed: frozenset[str], images: frozenset[str]) -> str | None:
    """Why a request is not let through; None when it is (a `create` is looked at further: `is_copy`).

    `allowed`: names of containers that may be managed; `images`: what they are made of.
    """
    if request is None:
        return "this is nothing that a box's service asks of its engine"
    if request.kind in ("about", "list"):
        return None
    if request.kind == "pull":
        return None if request.name in images else f"no managed container is made of {request.name}"
    return _refusal_of_name(request, request.name.removesuffix(NEW).removesuffix(OLD), allowed)


def _refusal_of_name(request: Request, base: str, allowed: frozenset[str]) -> str | None:
    if base not in allowed:
        return f"{request.name or 'a container without a name'} is not among those that are managed here"
    if request.kind == "rename" and request.target not in (base, base + NEW, base + OLD):
        return f"{request.name} may not be called {request.target}"
    if request.kind == "remove" and request.name == base:
        return f"{base} is not removed, only its {NEW} and {OLD}"
    return None if request.kind != "create" or request.name == base + NEW else f"only {base}{NEW} is made"


def copy_of(inspected: Mapping[str, Any], image: Mapping[str, Any]) -> dict[str, Any]:
    """What makes a container like an inspected one, of the same image by name.

    `image`: the one that it runs, inspected. What comes from there is left out, so that a newer image brings its own.
    """
    host = {key: value for key, value in inspected["HostConfig"].items() if key not in _HOST_IMPOSED}
    own, given = inspected["Config"], image.get("Config") or {}
    config = {key: value for key, value in own.items() if key != "Hostname" and value != given.get(key)}
    for key in ("Env", "Labels", "ExposedPorts", "Volumes"):
        if config.get(key) and given.get(key):
            config[key] = _without(config[key], given[key])
    networks = {
        name: {"Aliases": _own_aliases(inspected, network), "IPAMConfig": network.get("IPAMConfig")}
        for name, network in inspected["NetworkSettings"]["Networks"].items()
        if name not in ("host", "none")
    }
    return {**config, "HostConfig": host, "NetworkingConfig": {"EndpointsConfig": networks} if networks else {}}


def is_copy(body: Any, inspected: Mapping[str, Any], image: Mapping[str, Any]) -> bool:
    """Whether a container to be made is one like the inspected one."""
    return bool(body == copy_of(inspected, image))


def _without(own: Any, given: Any) -> Any:
    if isinstance(own, list):
        return [entry for entry in own if entry not in given]
    return {key: value for key, value in own.items() if key not in given or given[key] != value}


def _own_aliases(inspected: Mapping[str, Any], network: Mapping[str, Any]) -> list[str]:
    """Without the id, which the engine adds by itself."""
    return [alias for alias in network.get("Aliases") or [] if not str(inspected["Id"]).startswith(alias)]
