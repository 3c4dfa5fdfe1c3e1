"""A new box, step by step. Each step that is done is kept; the whole thing may be begun again at any time."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from deploy.cls_box.authority import AuthorityError
from deploy.cls_box.provision.desk import Desk, Member, described
from deploy.cls_box.provision.errors import ProvisionError
from deploy.cls_box.provision.hand import Hand
from deploy.cls_box.provision.vpn import check_key
from services.background_manager_logic.attestation import AttestationRefused, Evidence, verify
from services.cls_box_logic.installing import nonce_of
from services.shared.chain.keys import r1_public_key

Say = Callable[[str], None]


@dataclass(frozen=True)
class Wish:
    """A box that shall be: its meters and units as box.json has them; an address of one's own choice, or the next."""

    name: str
    address: str | None = None
    points: tuple[dict[str, Any], ...] = ()
    units: tuple[dict[str, Any], ...] = ()


def lay_out(desk: Desk, wish: Wish, hand: Hand, say: Say) -> Member:
    """Name, address, secret, box.json: all that its containers need to start. Raises ProvisionError."""
    member = desk.member(wish.name)
    if member is not None and member.status in ("retired", "stolen"):
        raise ProvisionError(f"{wish.name} was {member.status}: another box has another name")
    if member is None:
        taken = {one.address for one in desk.members()}
        address = desk.network.free(taken, wish.address)
        member = Member(wish.name, address, secrets.token_hex(16), secrets.token_urlsafe(32))
        desk.keep(member)
        say(f"{member.name}: it has the address {member.address}")
    elif wish.address not in (None, member.address):
        raise ProvisionError(f"{member.name} has the address {member.address} already")
    try:
        identity = desk.identity.read_text(encoding="utf-8")
    except OSError as error:
        raise ProvisionError(f"the pool's description {desk.identity} cannot be read ({error.strerror})") from error
    told = described(member, list(wish.points), list(wish.units))
    files = {"box/box.json": json.dumps(told, indent=1) + "\n", "box/secret": member.secret, "identity.json": identity}
    hand.lay(files)
    desk.write_environment(member, {})
    say(f"{member.name}: its folder is laid out; its containers may start")
    return member


def prove(desk: Desk, member: Member, hand: Hand, say: Say) -> Member:
    """Keys made on the box, vouched for by its TPM; the certificate. Its containers run. Raises ProvisionError."""
    if not member.challenge:
        member.challenge = secrets.token_hex(16)
        desk.keep(member)
    told = hand.run("keys", member.name)
    member.request, member.vpn_public_key = str(told.get("request")), str(told.get("vpn_public_key"))
    vouched = hand.run("attest", member.challenge)
    _believe(member, vouched)
    _see_whose_tpm_it_is(desk, member)
    desk.keep(member)
    say(f"{member.name}: its TPM vouches for the account's key {member.public_key} and for the request")
    try:
        issued = desk.authority.issue(member.name, member.request)
        member.origin = desk.authority.vouch(member.name, str(vouched["attesting_key"]["pem"])).chain
    except AuthorityError as error:
        raise ProvisionError(str(error)) from error
    vpn = desk.network.of_box(member.name, member.address)
    laid = {"certificate": issued.chain, "authority": desk.authority.trusted, "vpn": vpn}
    told = hand.run("install", given=json.dumps(laid))
    if told.get("serial") != issued.serial:
        raise ProvisionError(f"{member.name} laid down another certificate than it was given")
    member.serial, member.status = issued.serial, "ready"
    desk.keep(member)
    desk.publish_peers()
    say(f"{member.name}: ready, certificate {issued.serial} until {issued.not_after}")
    return member


def _believe(member: Member, vouched: dict[str, Any]) -> None:
    """What the TPM says answers to our challenge, and is about these very keys. A TPM that was changed is refused."""
    try:
        key = x509.load_pem_x509_csr(member.request.encode()).public_key()
        area = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        vpn = check_key(member.vpn_public_key, f"{member.name}: its VPN key")
        evidence = Evidence.read(vouched)
        nonce = nonce_of(bytes.fromhex(member.challenge), area, vpn)
        proven = verify(evidence, nonce, str(vouched["public_key"]))
    except AttestationRefused as error:
        raise ProvisionError(f"{member.name}: what its TPM says is refused: {error}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise ProvisionError(f"{member.name}: it answered otherwise than a box ({error})") from error
    if _written(vouched) != proven.attesting_key:
        raise ProvisionError(f"{member.name}: it shows another attesting key than the one that signed")
    if member.attesting_key not in ("", proven.attesting_key):
        raise ProvisionError(
            f"{member.name}: another TPM vouches for it than at first ({proven.attesting_key}): "
            "docs/operations.md, A lost TPM"
        )
    member.public_key, member.attesting_key, member.pcr_digest = (
        proven.public_key,
        proven.attesting_key,
        proven.pcr_digest,
    )
    member.evidence = evidence.as_json()


def _see_whose_tpm_it_is(desk: Desk, member: Member) -> None:
    """A box that left, or is somewhere else, does not come in by another name: its TPM gives it away."""
    for other in desk.members():
        if other.name != member.name and other.attesting_key == member.attesting_key:
            raise ProvisionError(
                f"{member.name}: its TPM is that of {other.name}, which is {other.status}; clear the TPM if the "
                "board is to be another box"
            )


def _written(vouched: dict[str, Any]) -> str:
    key: Any = serialization.load_pem_public_key(str(vouched["attesting_key"]["pem"]).encode())
    return r1_public_key(key)


def shown(member: Member) -> dict[str, Any]:
    """For people and programs: without its secret and its salt."""
    return {key: value for key, value in asdict(member).items() if key not in ("secret", "salt", "request", "origin")}
