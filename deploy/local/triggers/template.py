"""The SAM template, as far as the trigger service uses it. What it says beyond is refused rather than passed over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from deploy.local.triggers.schedule import Schedule

FILE: Final = Path(__file__).resolve().parents[2] / "aws/trigger-service.yaml"
_FUNCTION: Final = "AWS::Serverless::Function"


class TemplateError(Exception):
    """The template cannot be run here. One sentence."""


@dataclass(frozen=True)
class Pattern:
    """An event pattern: for each field the values that fit (no other operator)."""

    fields: Mapping[str, Any]

    def fits(self, event: Mapping[str, Any]) -> bool:
        """Whether EventBridge would hand the event on."""
        return _fits(self.fields, event)


@dataclass(frozen=True)
class Function:
    """`handler` as Lambda names it; `retries` after a failure (0 to 2); `schedules` by their name in the template."""

    name: str
    handler: str
    retries: int
    schedules: Mapping[str, Schedule]
    patterns: Sequence[Pattern]
    variables: Mapping[str, str]


def read(parameters: Mapping[str, str], file: Path = FILE) -> tuple[Function, ...]:
    """The template's functions, with `parameters` for its Refs. Raises TemplateError, ScheduleError."""
    told = yaml.load(file.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a SafeLoader with AWS's tags
    defaults = {name: one["Default"] for name, one in told["Parameters"].items() if "Default" in one}
    known = {**defaults, **parameters}
    common = told["Globals"]["Function"]["Environment"]["Variables"]
    return tuple(
        _function(name, one["Properties"], common, known)
        for name, one in told["Resources"].items()
        if one["Type"] == _FUNCTION
    )


def _function(name: str, told: Mapping[str, Any], common: Mapping[str, Any], known: Mapping[str, str]) -> Function:
    variables = {**common, **told.get("Environment", {}).get("Variables", {})}
    schedules: dict[str, Schedule] = {}
    patterns = []
    for event, one in told["Events"].items():
        about = one["Properties"]
        match one["Type"]:
            case "ScheduleV2":
                zone = about.get("ScheduleExpressionTimezone", "UTC")
                schedules[f"{name}.{event}"] = Schedule(about["ScheduleExpression"], zone)
            case "EventBridgeRule":
                patterns.append(_pattern(name, about["Pattern"]))
            case other:
                raise TemplateError(f"{name}.{event}: events of type {other} are not run here")
    return Function(
        name,
        told["Handler"],
        int(told["EventInvokeConfig"]["MaximumRetryAttempts"]),
        schedules,
        patterns,
        {variable: _value(name, variable, value, known) for variable, value in variables.items()},
    )


def _value(function: str, variable: str, value: Any, known: Mapping[str, str]) -> str:
    if not isinstance(value, _Ref):
        return str(value)
    if value.name not in known:
        raise TemplateError(f"{function}: {variable} needs the parameter {value.name}, which has no value")
    return known[value.name]


def _pattern(function: str, told: Any) -> Pattern:
    def check(part: Any) -> None:
        for value in part.values():
            if isinstance(value, dict):
                check(value)
            elif not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
                raise TemplateError(f"{function}: of event patterns only lists of texts are run here, not {value!r}")

    check(told)
    return Pattern(told)


def _fits(wanted: Mapping[str, Any], there: Any) -> bool:
    if not isinstance(there, Mapping):
        return False
    return all(
        _fits(value, there.get(name)) if isinstance(value, Mapping) else there.get(name) in value
        for name, value in wanted.items()
    )


@dataclass(frozen=True)
class _Ref:
    name: str


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms; those that name what exists in AWS only stay without meaning here."""


_Loader.add_constructor("!Ref", lambda _, node: _Ref(str(node.value)))
for _tag in ("!GetAtt", "!Sub", "!Split", "!ImportValue"):
    _Loader.add_constructor(_tag, lambda *_: None)
