"""The service's document and its configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.mastr_connector.app import create_app, describe
from services.mastr_connector.config import Config, WorkerConfig
from services.shared.web import ConfigurationError, load
from services.shared.web.openapi import document_of, is_current

ENVIRONMENT = {
    "MONGO_URI": "mongodb://127.0.0.1/",
    "TBI_REDIS_URL": "redis://127.0.0.1/0",
    "TBI_MASTR_EXPORT_DIR": "/x",
}


def test_the_document_is_current() -> None:
    assert is_current("mastr_connector")


def test_every_route_says_who_may_call_it() -> None:
    expected = {
        ("/init", "post"): {"Admin", "service"},
        ("/update", "post"): {"Admin", "service"},
        ("/job/{job_id}", "get"): {"Admin", "service"},
        ("/unit/{mastr_nr}", "get"): {"Admin", "User", "EVU", "service"},
        ("/unit/{mastr_nr}", "delete"): {"Admin"},
        ("/unit/{mastr_nr}/grid", "get"): {"Admin", "User", "EVU", "service"},
        ("/unit/{mastr_nr}/plants", "get"): {"Admin", "User", "EVU", "service"},
        ("/units", "get"): {"Admin", "User", "EVU", "service"},
        ("/units/geojson", "get"): {"Admin", "User", "EVU", "service"},
        ("/changes", "get"): {"Admin", "User", "EVU", "service"},
        ("/marktakteure", "get"): {"Admin", "User", "EVU", "service"},
        ("/marktakteur/{mastr_nr}", "get"): {"Admin", "User", "EVU", "service"},
        ("/unit", "post"): {"Admin"},
        ("/marktakteur/{mastr_nr}/units", "get"): {"Admin", "User", "EVU", "service"},
        ("/status", "get"): {"Admin", "User", "EVU", "service"},
    }
    paths = document_of(describe())["paths"]
    found = {
        (path.removeprefix("/api/v1"), method): set(operation["x-groups"])
        for path, operations in paths.items()
        for method, operation in operations.items()
        if method in ("get", "post", "delete") and "x-groups" in operation
    }
    assert found == expected


def test_the_environment_is_read() -> None:
    config = load(Config, {**ENVIRONMENT, "TBI_MASTR_EXPORT_URLS": "https://a.example/,https://b.example"})
    assert config.export_urls == ("https://a.example", "https://b.example")
    assert not config.can_update
    told = load(
        WorkerConfig,
        {
            **ENVIRONMENT,
            "MASTR_WSDL_URL": "http://127.0.0.1/x",
            "MASTR_API_KEY": "k",
            "MASTR_AKTEUR": "SOM900000000018",
        },
    )
    assert told.can_update


@pytest.mark.parametrize(
    ("variable", "value"),
    [("MONGO_URI", "http://x"), ("TBI_REDIS_URL", "x"), ("TBI_MASTR_EXPORT_DIR", "x"), ("TBI_MONGO_DATABASE", "a b")],
)
def test_a_wrong_value_names_its_variable(variable: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=variable):
        load(Config, {**ENVIRONMENT, variable: value})


def test_a_secret_value_is_never_repeated() -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(Config, {**ENVIRONMENT, "MONGO_URI": "mongo://user:hush@x"})
    assert "hush" not in str(caught.value)


def test_without_a_pool_and_a_secret_nobody_could_call(tmp_path: Path) -> None:
    config = load(Config, {**ENVIRONMENT, "TBI_MASTR_EXPORT_DIR": str(tmp_path)})
    with pytest.raises(ConfigurationError, match="TBI_IDENTITY_FILE"):
        create_app(config)
