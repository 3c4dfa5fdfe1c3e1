"""Parameters in a path or a query: described once, documented and parsed from the same description."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request

from services.shared.web.problems import invalid


@dataclass(frozen=True)
class Text:
    """A text parameter. `pattern` must match all of it."""

    description: str
    pattern: str = r"^[^\x00]{1,200}$"
    required: bool = False
    choices: tuple[str, ...] = ()

    def doc(self) -> dict[str, Any]:
        """As Swagger 2.0 has it."""
        described: dict[str, Any] = {"description": self.description, "type": "string", "required": self.required}
        if self.choices:
            return {**described, "enum": list(self.choices)}
        return {**described, "pattern": self.pattern}

    def parse(self, name: str, raw: str) -> str:
        """The value of `raw`, or Problem 400 naming the parameter."""
        if self.choices:
            if raw not in self.choices:
                raise invalid({name: "must be one of " + ", ".join(self.choices)})
        elif "\x00" in raw or not re.fullmatch(self.pattern.removeprefix("^").removesuffix("$"), raw, re.ASCII):
            raise invalid({name: f"must look like {self.pattern}"})
        return raw


@dataclass(frozen=True)
class Integer:
    """A whole number from `low` to `high`."""

    description: str
    low: int
    high: int
    required: bool = False
    default: int | None = None

    def doc(self) -> dict[str, Any]:
        """As Swagger 2.0 has it."""
        described: dict[str, Any] = {
            "description": self.description,
            "type": "integer",
            "minimum": self.low,
            "maximum": self.high,
            "required": self.required,
        }
        return described if self.default is None else {**described, "default": self.default}

    def parse(self, name: str, raw: str) -> int:
        """The value of `raw`, or Problem 400 naming the parameter."""
        if not re.fullmatch(r"-?[0-9]{1,20}", raw) or not self.low <= int(raw) <= self.high:
            raise invalid({name: f"must be a whole number from {self.low} to {self.high}"})
        return int(raw)


Parameter = Text | Integer


@dataclass(frozen=True)
class Query:
    """The query parameters of a route: `@v1.doc(params=QUERY.doc())`, and in it `QUERY.read()`."""

    parameters: Mapping[str, Parameter]

    def doc(self) -> dict[str, dict[str, Any]]:
        """As Flask-RESTX's `doc(params=...)` takes it."""
        return {name: {**parameter.doc(), "in": "query"} for name, parameter in self.parameters.items()}

    def read(self) -> dict[str, Any]:
        """All parameters of the request's query by name, None for one that was left out. Raises Problem 400."""
        given = request.args
        for name, values in given.lists():
            if name not in self.parameters:
                raise invalid({name[:40]: "is not a parameter of this route"})
            if len(values) > 1:
                raise invalid({name: "is given more than once"})
        return {name: self._value(name, parameter) for name, parameter in self.parameters.items()}

    @staticmethod
    def _value(name: str, parameter: Parameter) -> Any:
        raw = request.args.get(name)
        if raw is not None:
            return parameter.parse(name, raw)
        if parameter.required:
            raise invalid({name: "is missing"})
        return parameter.default if isinstance(parameter, Integer) else None


def path_doc(**parameters: Parameter) -> dict[str, dict[str, Any]]:
    """The parameters in a route's path, as Flask-RESTX's `doc(params=...)` takes them."""
    return {name: {**parameter.doc(), "in": "path", "required": True} for name, parameter in parameters.items()}
