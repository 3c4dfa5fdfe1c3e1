"""Configuration is read once, typed, and says what it wants."""

from dataclasses import FrozenInstanceError, dataclass
from pathlib import Path
from typing import Annotated

import pytest

from services.shared.web.config import (
    ConfigurationError,
    Setting,
    as_integer,
    as_log_level,
    as_path,
    as_port,
    as_text,
    as_url,
    as_urls,
    load,
)


@dataclass(frozen=True, kw_only=True)
class Config:
    url: Annotated[str, Setting("TBI_URL", as_url, "the URL of the node", example="http://127.0.0.1:8888")]
    state: Annotated[Path, Setting("TBI_STATE", as_path, "the state directory", example="/var/lib/x")]
    port: Annotated[int, Setting("TBI_PORT", as_port, "the port", example="8082")] = 8082
    urls: Annotated[tuple[str, ...], Setting("TBI_URLS", as_urls, "the URLs", example="http://a,http://b")] = ()
    password: Annotated[str, Setting("TBI_PASSWORD", as_log_level, "the password", example="...", secret=True)] = ""
    other: str = "not from the environment"


GOOD = {"TBI_URL": "http://127.0.0.1:8888/", "TBI_STATE": "/x"}


def test_values_are_typed_and_defaults_hold() -> None:
    config = load(Config, {**GOOD, "TBI_URLS": "http://a, https://b/"})
    assert config == Config(url="http://127.0.0.1:8888", state=Path("/x"), urls=("http://a", "https://b"))
    with pytest.raises(FrozenInstanceError):
        config.port = 1  # type: ignore[misc]


def test_an_empty_variable_is_not_set() -> None:
    assert load(Config, {**GOOD, "TBI_PORT": " "}).port == 8082


def test_all_that_is_wrong_is_said_at_once_with_an_example() -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(Config, {"TBI_URL": "127.0.0.1:8888", "TBI_PORT": "70000"})
    assert str(caught.value).splitlines() == [
        "TBI_URL is '127.0.0.1:8888': the URL of the node must be a URL that begins with http:// or https://, "
        "such as TBI_URL=http://127.0.0.1:8888",
        "TBI_STATE is not set: give the state directory, such as TBI_STATE=/var/lib/x",
        "TBI_PORT is '70000': the port must be a whole number from 1 to 65535, such as TBI_PORT=8082",
    ]


def test_a_secret_is_not_repeated() -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(Config, {**GOOD, "TBI_PASSWORD": "hunter2"})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("value", ["", "x", "1.5", "-1", "101", "1_0", "\u0661", "9" * 5000])
def test_an_integer_is_digits_within_its_bounds(value: str) -> None:
    with pytest.raises(ValueError, match="whole number from 0 to 100"):
        as_integer(0, 100)(value)


@pytest.mark.parametrize(("value", "number"), [("0", 0), ("100", 100), ("007", 7)])
def test_integers_at_the_bounds(value: str, number: int) -> None:
    assert as_integer(0, 100)(value) == number


@pytest.mark.parametrize("value", ["x/y", ".", "file.txt"])
def test_a_path_is_absolute(value: str) -> None:
    with pytest.raises(ValueError, match="absolute"):
        as_path(value)


def test_any_text_is_text() -> None:
    assert as_text("swtpm:host=127.0.0.1,port=2321") == "swtpm:host=127.0.0.1,port=2321"
