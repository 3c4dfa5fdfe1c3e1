"""The authority: what it certifies, what not, and what it remembers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from deploy.cls_box.authority import Authority, AuthorityError
from deploy.cls_box.authority.__main__ import main
from deploy.cls_box.authority.certificates import new_key, request


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 28, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def authority(tmp_path: Path, clock: Clock) -> Authority:
    return Authority.make(tmp_path / "authority", clock)


def test_made_twice_it_is_the_same_and_its_keys_are_its_owners(authority: Authority, tmp_path: Path) -> None:
    trusted = authority.trusted
    assert Authority.make(tmp_path / "authority").trusted == trusted
    for file in (tmp_path / "authority").glob("*.key"):
        assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(AuthorityError, match="there is no authority"):
        Authority(tmp_path / "elsewhere")


def test_a_box_is_named_by_the_authority(authority: Authority) -> None:
    issued = authority.issue("box-11", request(new_key(), "box-11"))
    certificate = x509.load_pem_x509_certificate(issued.chain.encode())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["urn:tbi:box:box-11"]
    issuing, root = x509.load_pem_x509_certificates(authority.trusted.encode())
    certificate.verify_directly_issued_by(issuing)
    issuing.verify_directly_issued_by(root)


def test_asked_again_with_the_same_key_it_is_the_same_until_it_is_due(authority: Authority, clock: Clock) -> None:
    asked = request(new_key(), "box-11")
    first = authority.issue("box-11", asked)
    assert authority.issue("box-11", asked) == first
    clock.now += timedelta(days=61)
    assert first.is_due(clock.now)
    second = authority.issue("box-11", asked)
    assert second.serial != first.serial
    assert [one.is_valid(clock.now) for one in authority.issued("box-11")] == [True, True]


def test_a_stolen_boxs_key_gets_none_any_more_a_new_one_does(authority: Authority, clock: Clock) -> None:
    asked = request(new_key(), "box-11")
    authority.issue("box-11", asked)
    assert [one.reason for one in authority.revoke("box-11", "stolen")] == ["stolen"]
    assert authority.revoke("box-11", "stolen") == []
    with pytest.raises(AuthorityError, match="was stolen"):
        authority.issue("box-11", asked)
    assert authority.issue("box-11", request(new_key(), "box-11")).is_valid(clock.now)


def test_a_stolen_key_gets_none_under_another_name_nor_when_its_certificate_had_run_out(
    authority: Authority, clock: Clock
) -> None:
    key = new_key()
    authority.issue("box-11", request(key, "box-11"))
    authority.revoke("box-11", "retired")
    clock.now += timedelta(days=100)
    authority.revoke("box-11", "stolen")
    with pytest.raises(AuthorityError, match="the key of box-11 was stolen"):
        authority.issue("box-12", request(key, "box-12"))
    (gone,) = authority.issued("box-11")
    assert (gone.reason, gone.revoked) == ("stolen", "2026-11-28T12:00:00+00:00")


def test_with_its_root_key_in_a_safe_it_issues_revokes_and_publishes(
    authority: Authority, tmp_path: Path, clock: Clock
) -> None:
    folder = tmp_path / "authority"
    safe = (folder / "root.key").rename(tmp_path / "root.key")
    clock.now += timedelta(days=300)
    again = Authority.make(folder, clock)
    issued = again.issue("box-11", request(new_key(), "box-11"))
    again.revoke("box-11", "stolen")
    text = (folder / "boxes.crl").read_text()
    boxes, root = (x509.load_pem_x509_crl(f"{part}-----END X509 CRL-----\n".encode()) for part in _lists(text))
    assert boxes.get_revoked_certificate_by_serial_number(int(issued.serial, 16)) is not None
    issuing_key, root_key = (one.public_key() for one in x509.load_pem_x509_certificates(again.trusted.encode()))
    assert boxes.is_signature_valid(issuing_key)  # type: ignore[arg-type] # P-256 keys
    assert root.is_signature_valid(root_key)  # type: ignore[arg-type]
    assert root.next_update_utc is not None
    assert root.next_update_utc > clock.now
    until = again.root_list_until()
    safe.rename(folder / "root.key")
    again.publish()
    assert again.root_list_until() == until + timedelta(days=300)


def test_the_daily_list_says_when_the_roots_own_runs_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "authority"
    Authority.make(folder, lambda: datetime.now(UTC) - timedelta(days=375))
    assert main(["crl", str(folder)]) == 0
    Authority(folder, lambda: datetime.now(UTC) - timedelta(days=375)).publish()
    (folder / "root.key").unlink()
    assert main(["crl", str(folder)]) == 2
    assert "lay root.key into" in capsys.readouterr().err
    assert main(["make", str(tmp_path / "authority")]) == 0


def _lists(text: str) -> list[str]:
    return [part for part in text.split("-----END X509 CRL-----\n") if part]


def of_a_key_that_the_asker_does_not_hold() -> str:
    """A request whose signature is another one's: its last byte is changed."""
    der = bytearray(x509.load_pem_x509_csr(request(new_key(), "box-11").encode()).public_bytes(Encoding.DER))
    der[-1] ^= 1
    return x509.load_der_x509_csr(bytes(der)).public_bytes(Encoding.PEM).decode()


@pytest.mark.parametrize(
    ("box", "asked", "words"),
    [
        ("box-11", of_a_key_that_the_asker_does_not_hold(), "not signed by the key that it shows"),
        ("box-11", request(new_key(), "box-12"), "asks for 'box-12'"),
        ("Box 11", request(new_key(), "Box 11"), "no box's name"),
        ("box-11", "no request", "no request for a certificate"),
    ],
)
def test_what_is_refused(authority: Authority, box: str, asked: str, words: str) -> None:
    with pytest.raises(AuthorityError, match=words):
        authority.issue(box, asked)
    assert authority.issued() == []


def test_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(tmp_path / "authority")
    (tmp_path / "asked").write_text(request(new_key(), "box-11"))
    assert main(["make", folder]) == 0
    assert main(["issue", folder, "box-11", "--request", str(tmp_path / "asked")]) == 0
    assert main(["gateway", folder, "--address", "10.77.0.1", "--out", str(tmp_path / "gateway")]) == 0
    assert {file.name for file in (tmp_path / "gateway").iterdir()} == {
        "gateway.key", "gateway.pem", "boxes.pem", "boxes.crl",
    }  # fmt: skip
    assert main(["revoke", folder, "box-11", "--reason", "retired"]) == 0
    capsys.readouterr()
    assert main(["list", folder, "box-11"]) == 0
    assert "revoked (retired)" in capsys.readouterr().out
    assert main(["issue", folder, "box-11"]) == 2
    assert "--request is needed" in capsys.readouterr().err
