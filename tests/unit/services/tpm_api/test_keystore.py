"""The records of keys: private, durable, and never half there."""

from pathlib import Path

import pytest

from services.shared.web import ConfigurationError
from services.tpm_api.keystore import KeyRecord, KeyStore

RECORD = KeyRecord("account", 0x81010010, "secret-auth-value", "0058", "PUB_R1_x", "PEM")


def test_a_completed_record_is_there_after_a_restart(tmp_path: Path) -> None:
    store = KeyStore(tmp_path / "keys")
    store.begin(RECORD)
    store.complete(RECORD)
    again = KeyStore(tmp_path / "keys")
    assert (again.get("account"), again.all(), again.pending()) == (RECORD, [RECORD], [])


def test_a_record_that_was_only_begun_is_pending(tmp_path: Path) -> None:
    KeyStore(tmp_path).begin(RECORD)
    again = KeyStore(tmp_path)
    assert (again.get("account"), again.pending()) == (None, [RECORD])
    again.drop(RECORD)
    assert KeyStore(tmp_path).pending() == []


def test_only_the_owner_reads_the_records(tmp_path: Path) -> None:
    store = KeyStore(tmp_path / "keys")
    store.begin(RECORD)
    store.complete(RECORD)
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
    assert [file.stat().st_mode & 0o777 for file in (tmp_path / "keys").iterdir()] == [0o600]


def test_the_authorisation_value_never_shows_in_a_text() -> None:
    assert "secret" not in f"{RECORD!r} {RECORD}"


def test_a_pending_record_that_a_power_cut_left_empty_is_dropped(tmp_path: Path) -> None:
    (tmp_path / "account.pending").write_bytes(b"")
    store = KeyStore(tmp_path)
    assert store.pending() == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b'{"label": "account"}'])
def test_a_broken_record_stops_the_service_with_the_variables_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "account.json").write_bytes(content)
    with pytest.raises(ConfigurationError, match="TBI_STATE_DIR"):
        KeyStore(tmp_path)
