"""Of documents and jobs, what needs no server."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.shared.data import database, progress
from services.shared.web.config import ConfigurationError


def test_a_single_host_is_taken_as_it_is() -> None:
    client = database("mongodb://127.0.0.1:1/", "x").client
    assert client.topology_description.topology_type_name == "Single"
    assert client.options.server_selection_timeout == 5
    assert client.options.retry_writes
    client.close()


def test_the_uris_own_options_are_kept() -> None:
    uri = "mongodb://a:1,b:2/?replicaSet=rs9&serverSelectionTimeoutMS=100"
    client = database(uri, "x").client
    assert client.options.replica_set_name == "rs9"
    assert client.options.server_selection_timeout == 0.1
    client.close()


def test_documentdb_knows_no_retried_writes() -> None:
    with pytest.warns(UserWarning, match="DocumentDB"):
        client = database("mongodb://cluster.abc.eu-central-1.docdb.amazonaws.com:27017/?tls=true", "x").client
    assert not client.options.retry_writes
    client.close()


@pytest.mark.parametrize("uri", ["mongodb://", "mongodb://a:b:c/", "mongodb://a/?tls=perhaps"])
def test_a_uri_that_is_none_is_named(uri: str) -> None:
    with pytest.raises(ConfigurationError, match="MONGO_URI"):
        database(uri, "x")


@pytest.mark.parametrize(
    ("mode", "text", "cause"), [(0o644, "x", "chmod 600"), (0o600, "", "is empty"), (None, "", "cannot be read")]
)
def test_a_password_file_that_will_not_do_is_named(tmp_path: Path, mode: int | None, text: str, cause: str) -> None:
    file = tmp_path / "password"
    if mode is not None:
        file.write_text(text)
        file.chmod(mode)
    with pytest.raises(ConfigurationError, match=cause):
        database("mongodb://tbi@127.0.0.1/", "x", password_file=file)


def test_progress_outside_of_a_job_is_nothing() -> None:
    progress(1, 2, "records")
