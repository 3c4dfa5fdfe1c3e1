"""A box's beginning and end, with a real TPM API and swtpm: broken off anywhere it goes on, cheated it stops."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509

from deploy.cls_box.authority import Authority, AuthorityError
from deploy.cls_box.authority.certificates import ATTESTING
from deploy.cls_box.provision.desk import Desk, Member
from deploy.cls_box.provision.errors import ProvisionError
from deploy.cls_box.provision.hand import Hand, LocalHand
from deploy.cls_box.provision.leaving import leave, renew
from deploy.cls_box.provision.steps import Wish, lay_out, prove

from .conftest import SoftwareTpm, TpmApi

HUB = "mJ1sH5cG0kqVn0yZq7nJtqB3wD3Qf0m1b8mZV8s2o0A="
BOX = "box-11"
POINT = {"serial_number": "1TBI0000000011", "component": "meter0"}


def quiet(_line: str) -> None:
    return


@dataclass
class Place:
    """A box on this machine, before its containers start and after; `tpm_api` is there from `start` on."""

    folder: Path
    tpm: SoftwareTpm
    api: TpmApi | None = None

    def start(self) -> None:
        self.api = self.api or TpmApi(self.folder / "box", self.tpm.tcti)

    @property
    def hand(self) -> LocalHand:
        box = self.folder / "box"
        told = {"TBI_BOX_CONFIG": str(box / "box.json"), "TBI_BOX_SECRET_FILE": str(box / "secret")}
        return LocalHand(self.folder, {**told, "TBI_TPM_API_URL": self.api.url if self.api else ""})


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    folder = tmp_path / "desk"
    folder.mkdir()
    vpn = {
        "network": "10.77.0.0/16",
        "boxes": "10.77.1.0/24",
        "hub_public_key": HUB,
        "endpoint": "vpn.example:51820",
    }
    (folder / "desk.yaml").write_text(yaml.safe_dump({"vpn": vpn}))
    (folder / "identity.json").write_text("{}")
    return Desk(folder)


@pytest.fixture
def place(tmp_path: Path, swtpm: SoftwareTpm) -> Iterator[Place]:
    made = Place(tmp_path / "box-host", swtpm)
    yield made
    if made.api is not None:
        made.api.end()


def whole(desk: Desk, place: Place) -> Member:
    lay_out(desk, Wish(BOX, points=(POINT,)), place.hand, quiet)
    place.start()
    member = desk.member(BOX)
    assert member is not None
    return prove(desk, member, place.hand, quiet)


def certificates(desk: Desk) -> list[str]:
    return [one.serial for one in desk.authority.issued(BOX) if one.kind == "box" and one.revoked is None]


def test_from_nothing_to_ready_and_again_without_a_change(desk: Desk, place: Place) -> None:
    member = whole(desk, place)
    assert (member.status, member.address) == ("ready", "10.77.1.1")
    assert place.api is not None
    assert member.public_key == place.api.new_key()["public_key"]
    box = json.loads((place.folder / "box/box.json").read_text())
    assert (box["name"], box["address"], box["points"]) == (BOX, "10.77.1.1", [POINT])
    link = place.folder / "box/link"
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in link.iterdir())
    certificate = x509.load_pem_x509_certificate((link / "certificate.pem").read_bytes())
    assert f"{certificate.serial_number:x}" == member.serial
    vpn = (link / "vpn.conf").read_text()
    assert "Address = 10.77.1.1/32" in vpn
    assert f"PublicKey = {HUB}" in vpn
    secret = (link / "vpn.key").read_text().strip()
    assert all(secret not in file.read_text() for file in desk.folder.rglob("*") if file.is_file())
    assert member.vpn_public_key in (desk.folder / "vpn-peers.conf").read_text()
    assert "TBI_BOX_ADDRESS=10.77.1.1" in (desk.folder / f"boxes/{BOX}/.env").read_text()
    again = whole(desk, place)  # its statements are fresh ones, all else is as it was
    assert replace(again, request=member.request, evidence=member.evidence) == member
    assert certificates(desk) == [member.serial]


def test_the_tpms_attesting_key_gets_a_certificate_of_origin_that_opens_no_door(desk: Desk, place: Place) -> None:
    origin = x509.load_pem_x509_certificate(whole(desk, place).origin.encode())
    issuing, _root = x509.load_pem_x509_certificates(desk.authority.trusted.encode())
    origin.verify_directly_issued_by(issuing)
    purposes = origin.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ATTESTING]


class _BrokenOffError(Exception):
    """The program ended here."""


@dataclass
class Breaking:
    """A hand that breaks off at its `at`-th call, before it or after."""

    hand: Hand
    at: int
    after: bool
    calls: int = field(default=0)

    def lay(self, files: Mapping[str, str]) -> None:
        self._call(lambda: self.hand.lay(files))

    def run(self, *words: str, given: str = "") -> dict[str, Any]:
        found: dict[str, Any] = self._call(lambda: self.hand.run(*words, given=given))
        return found

    def _call(self, work: Any) -> Any:
        self.calls += 1
        if self.calls == self.at and not self.after:
            raise _BrokenOffError
        found = work()
        if self.calls == self.at:
            raise _BrokenOffError
        return found


def test_broken_off_anywhere_it_goes_on_and_nothing_half_made_has_a_way_in(desk: Desk, place: Place) -> None:
    lay_out(desk, Wish(BOX, points=(POINT,)), place.hand, quiet)
    place.start()
    for at, after in ((1, False), (2, False), (2, True), (3, True)):
        member = desk.member(BOX)
        assert member is not None
        with pytest.raises(_BrokenOffError):
            prove(desk, member, Breaking(place.hand, at, after), quiet)
        kept = desk.member(BOX)
        assert kept is not None
        assert kept.status == "making"
        assert not (desk.folder / "vpn-peers.conf").exists()
    member = whole(desk, place)
    assert (member.status, certificates(desk)) == ("ready", [member.serial])
    assert member.address == "10.77.1.1"


@dataclass
class Cheating:
    """A hand between us and the box that exchanges what the box says."""

    hand: Hand
    exchanged: Mapping[str, Mapping[str, Any]]

    def lay(self, files: Mapping[str, str]) -> None:
        self.hand.lay(files)

    def run(self, *words: str, given: str = "") -> dict[str, Any]:
        return {**self.hand.run(*words, given=given), **self.exchanged.get(words[0], {})}


def test_a_request_that_the_tpm_did_not_vouch_for_gets_nothing(desk: Desk, place: Place, tmp_path: Path) -> None:
    member = lay_out(desk, Wish(BOX), place.hand, quiet)
    place.start()
    other = LocalHand(tmp_path / "other", {"TBI_BOX_CONFIG": str(tmp_path / "other/box.json")})
    for name in ("request", "vpn_public_key"):
        swapped = {name: other.run("keys", BOX)[name]}
        with pytest.raises(ProvisionError, match="another nonce"):
            prove(desk, member, Cheating(place.hand, {"keys": swapped}), quiet)
    key = {"public_key": "PUB_R1_6Ncc9VRkCyUJ5R8BUpHXpmBbnQqmqPe5jjpUCdSsHwz9HPCP3R"}
    with pytest.raises(ProvisionError, match="another one than the account's"):
        prove(desk, member, Cheating(place.hand, {"attest": key}), quiet)
    with pytest.raises(ProvisionError, match="not complete"):
        prove(desk, member, Cheating(place.hand, {"attest": {"quote": None}}), quiet)
    assert desk.authority.issued() == []


def test_another_tpm_in_the_same_box_is_seen(desk: Desk, place: Place, tmp_path: Path) -> None:
    member = whole(desk, place)
    assert place.api is not None
    place.api.end()
    place.tpm.end()
    place.tpm.start(_new(tmp_path / "other-tpm"))
    place.api = TpmApi(_new(tmp_path / "other-state"), place.tpm.tcti)
    (place.folder / "box/secret").write_text(place.api.secret)
    with pytest.raises(ProvisionError, match="another TPM vouches"):
        prove(desk, member, place.hand, quiet)
    kept = desk.member(BOX)
    assert kept is not None
    assert kept.attesting_key == member.attesting_key


@dataclass
class Told:
    """The market's register, which hears."""

    of: list[tuple[str, str]] = field(default_factory=list)

    def left(self, address: str, how: str) -> str:
        self.of.append((address, how))
        return f"{how} there"


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder


@pytest.mark.parametrize("how", ["retired", "stolen"])
def test_a_box_that_left_has_no_way_in_and_its_name_and_address_stay_taken(desk: Desk, place: Place, how: Any) -> None:
    member = whole(desk, place)
    left = leave(desk, BOX, how)
    assert leave(desk, BOX, how) == left
    told = Told()
    assert f"done: {how} there" in leave(desk, BOX, how, told)
    assert told.of == [(member.address, how)]
    assert certificates(desk) == []
    listed = x509.load_pem_x509_crl((desk.folder / "authority/boxes.crl").read_bytes())
    assert listed.get_revoked_certificate_by_serial_number(int(member.serial, 16)) is not None
    assert member.vpn_public_key not in (desk.folder / "vpn-peers.conf").read_text()
    assert ("updateauth" in " ".join(left)) == (how == "stolen")
    with pytest.raises(ProvisionError, match=f"was {how}"):
        lay_out(desk, Wish(BOX), place.hand, quiet)
    with pytest.raises(ProvisionError, match="gets no certificate"):
        renew(desk, BOX, place.hand)
    host = desk.folder / "host-12"
    told_there = {**place.hand.environment, "TBI_BOX_CONFIG": str(host / "box/box.json")}
    other = lay_out(desk, Wish("box-12"), LocalHand(host, told_there), quiet)
    assert other.address == "10.77.1.2"
    with pytest.raises(ProvisionError, match=f"its TPM is that of {BOX}, which is {how}"):
        prove(desk, other, LocalHand(host, told_there), quiet)
    if how == "stolen":
        with pytest.raises(AuthorityError, match="stolen"):
            desk.authority.issue(BOX, member.request)


def test_a_certificate_is_renewed_when_it_is_due_and_the_earlier_one_counts_on(desk: Desk, place: Place) -> None:
    first = whole(desk, place).serial
    renew(desk, BOX, place.hand)
    assert certificates(desk) == [first]
    desk.authority = Authority(desk.folder / "authority", lambda: datetime.now(UTC) + timedelta(days=65))
    renew(desk, BOX, place.hand)
    assert len(certificates(desk)) == 2
    laid = x509.load_pem_x509_certificate((place.folder / "box/link/certificate.pem").read_bytes())
    assert f"{laid.serial_number:x}" == certificates(desk)[1]
