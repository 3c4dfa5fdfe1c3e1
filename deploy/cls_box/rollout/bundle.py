"""What a box runs: the compose file with every image by digest, and its environment. One is kept to go back to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import yaml

from deploy.cls_box.rollout.errors import RolloutError

_NAMED: Final = re.compile(r"(?:^|/)([a-z0-9-]+)(?::\$\{TBI_VERSION[^}]*\}|[:@][^/]*)?$")
UNKNOWN: Final = "unknown"


@dataclass(frozen=True)
class Bundle:
    """`compose` and `environment` are the files' text; `images`: service -> what its container is made from."""

    version: str
    compose: str
    environment: str
    images: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Bundle:
        """Raises KeyError, TypeError."""
        return cls(str(told["version"]), str(told["compose"]), str(told["environment"]), dict(told["images"]))


def services(compose: str) -> dict[str, str]:
    """Service -> the name of its image (`box`, `redis`), of those without a profile. Raises RolloutError."""
    found = {}
    for name, told in _services(compose).items():
        if told.get("profiles"):
            continue
        named = _NAMED.search(str(told.get("image", "")))
        if named is None:
            raise RolloutError(f"the compose file's service {name} has no image that can be named")
        found[name] = named[1]
    if not found:
        raise RolloutError("the compose file has no services")
    return found


def of_release(version: str, compose: str, environment: str, images: Mapping[str, str]) -> Bundle:
    """The compose file with the digests of a release (`images`: name of an image -> reference). Raises RolloutError."""
    wanted = services(compose)
    if lacking := sorted(set(wanted.values()) - images.keys()):
        raise RolloutError(f"version {version} names no digest for the image {', '.join(lacking)}")
    return pinned(version, compose, environment, {service: images[name] for service, name in wanted.items()})


def pinned(version: str, compose: str, environment: str, images: Mapping[str, str]) -> Bundle:
    """With each service's image as given, and nothing to build: a box builds nothing."""
    told = yaml.safe_load(compose)
    told["services"] = {
        name: {**{key: value for key, value in service.items() if key != "build"}, "image": images[name]}
        for name, service in _services(compose).items()
        if name in images
    }
    for service in told["services"].values():
        service["depends_on"] = _left(service.get("depends_on", {}), images)
    told.pop("x-hardened", None)
    return Bundle(version, yaml.safe_dump(told, sort_keys=False, width=160), environment, dict(images))


def _left(needs: Any, images: Mapping[str, str]) -> Any:
    if isinstance(needs, list):
        return [name for name in needs if name in images]
    return {name: how for name, how in needs.items() if name in images}


def groups(bundle: Bundle) -> list[list[str]]:
    """Services in the order in which they are exchanged: who is needed by others first, each depth at once."""
    needs = {
        name: set(told.get("depends_on", {})) & bundle.images.keys() for name, told in _services(bundle.compose).items()
    }
    order: list[list[str]] = []
    while needs:
        ready = sorted(name for name, lacking in needs.items() if not lacking)
        if not ready:
            raise RolloutError(f"the compose file's services need each other in a circle: {', '.join(sorted(needs))}")
        order.append(ready)
        needs = {name: lacking - set(ready) for name, lacking in needs.items() if name not in ready}
    return order


def _services(compose: str) -> dict[str, dict[str, Any]]:
    try:
        told = yaml.safe_load(compose)
        found = told["services"]
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise RolloutError(f"the compose file cannot be read ({type(error).__name__})") from error
    return dict(found)
