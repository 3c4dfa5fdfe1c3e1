"""Configuration: a frozen dataclass whose fields say which environment variable they come from.

    @dataclass(frozen=True, kw_only=True)
    class Config:
        port: Annotated[int, Setting("TBI_PORT", as_port, "the TCP port to listen on", example="8082")] = 8082

    config = load(Config)          # once, in __main__.py

A field without a default is one that must be set.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar, cast, get_type_hints
from urllib.parse import urlsplit

from services.shared.errors import ConfigurationError as ConfigurationError  # noqa: PLC0414 - known from here, too

C = TypeVar("C")

_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


@dataclass(frozen=True)
class Setting:
    """Where a field comes from. `parse` raises ValueError with what the text must be.

    The value of a `secret` variable is never repeated in an error.
    """

    variable: str
    parse: Callable[[str], Any]
    what: str
    example: str
    secret: bool = False


def load(config: type[C], environment: Mapping[str, str] | None = None) -> C:
    """Read `config`'s fields from the environment. An empty variable counts as one that is not set.

    Raises ConfigurationError with one line for every variable that is missing or wrong.
    """
    source = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for field, setting in _settings(config):
        text = source.get(setting.variable, "").strip()
        assignment = f"{setting.variable}={setting.example}"
        if not text:
            if field.default is MISSING:
                wrong.append(f"{setting.variable} is not set: give {setting.what}, such as {assignment}")
            continue
        try:
            values[field.name] = setting.parse(text)
        except ValueError as error:
            shown = "has a value that does not fit" if setting.secret else f"is {text[:80]!r}"
            wrong.append(f"{setting.variable} {shown}: {setting.what} must be {error}, such as {assignment}")
    if wrong:
        raise ConfigurationError("\n".join(wrong))
    return config(**values)


def _settings(config: type[Any]) -> list[tuple[Field[Any], Setting]]:
    hints = get_type_hints(config, include_extras=True)
    return [
        (field, setting)
        for field in fields(cast(Any, config))
        for setting in getattr(hints[field.name], "__metadata__", ())
        if isinstance(setting, Setting)
    ]


def as_text(value: str) -> str:
    """Any text."""
    return value


def as_integer(low: int, high: int) -> Callable[[str], int]:
    """A whole number from `low` to `high`."""

    def parse(value: str) -> int:
        if value.isascii() and value.lstrip("-").isdigit() and len(value) <= 20 and low <= int(value) <= high:
            return int(value)
        raise ValueError(f"a whole number from {low} to {high}")

    return parse


as_port = as_integer(1, 65535)


def as_path(value: str) -> Path:
    """An absolute path, for a service's working directory is nobody's business."""
    if not Path(value).is_absolute():
        raise ValueError("an absolute path")
    return Path(value)


def as_url(value: str) -> str:
    """An http(s) URL, without a slash at its end."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("a URL that begins with http:// or https://")
    return value.rstrip("/")


def as_urls(value: str) -> tuple[str, ...]:
    """One or more URLs, separated by commas."""
    return tuple(as_url(part.strip()) for part in value.split(","))


def as_log_level(value: str) -> str:
    """A level of the log."""
    if value.upper() not in _LOG_LEVELS:
        raise ValueError("one of " + ", ".join(_LOG_LEVELS))
    return value.upper()
