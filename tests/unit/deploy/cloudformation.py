"""CloudFormation's templates as data: what the tests of deploy/aws read."""

from __future__ import annotations

from typing import Any

import yaml

from deploy.local.settings import REPO

FOLDER = REPO / "deploy/aws"
TEMPLATES = sorted(FOLDER.glob("*.yaml"))


class _Loader(yaml.SafeLoader):
    """Reads `!Name x` as {"Fn::Name": x}."""


def _function(loader: _Loader, name: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    return {name if name == "Ref" else f"Fn::{name}": value}


_Loader.add_multi_constructor("!", _function)


def read(name: str) -> dict[str, Any]:
    """The template `name` of deploy/aws."""
    found: dict[str, Any] = yaml.load((FOLDER / name).read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a SafeLoader's child
    return found


def within(told: Any, key: str) -> list[Any]:
    """The values of `key` anywhere in it."""
    if isinstance(told, dict):
        return [*([told[key]] if key in told else []), *(one for value in told.values() for one in within(value, key))]
    return [one for value in told for one in within(value, key)] if isinstance(told, list) else []
