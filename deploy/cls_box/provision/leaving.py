"""The end of a box, or of its certificate. Each may be done again, and says what is left to others."""

from __future__ import annotations

import json
from typing import Final, Literal

from deploy.cls_box.authority import AuthorityError
from deploy.cls_box.provision.desk import Desk, Member
from deploy.cls_box.provision.errors import ProvisionError
from deploy.cls_box.provision.hand import Hand
from deploy.cls_box.provision.register import Register

_GATEWAY: Final = (
    "gateway: lay authority/boxes.crl into its folder `link`: within 15 s it is refused, without a restart"
)
_HUB: Final = "VPN hub: `wg syncconf` with vpn-peers.conf: from then on it has no way in"
_REGISTER: Final = "register: tell it that the box is {}; the same again with --gateway and --user does it"
_LEFT: Final[dict[str, tuple[str, ...]]] = {
    "retired": (
        "portal: take its units from the market, withdraw the participant's money, remove unit, meter and box",
        "the chain's key of its account may stay: it lies in its TPM; clear the TPM before the box is given away",
    ),
    "stolen": (
        "governors, two of three: propose, approve and execute `updateauth` of its account's active key to the key of"
        " the new box (docs/operations.md, A key rotation); until then whoever has box and TPM can sign for it",
        "operator: `tbiclsbox::rekey` tells the market of the new key (M-REG-04)",
        "portal: sign the owner out everywhere; then remove unit, meter and box, or give them to the new box",
    ),
}


def leave(desk: Desk, name: str, how: Literal["retired", "stolen"], register: Register | None = None) -> list[str]:
    """Revoke its certificates, take it from the VPN; then `register` is told. What is left to do.

    Raises ProvisionError: before anything was done, or when all is done but that the register was not told.
    """
    member = _known(desk, name)
    if member.status == "stolen" and how == "retired":
        raise ProvisionError(f"{name} is stolen; that is not taken back")
    try:
        desk.authority.revoke(name, how)
    except AuthorityError as error:
        raise ProvisionError(str(error)) from error
    member.status = how
    desk.keep(member)
    desk.publish_peers()
    account = f"its account's key is {member.public_key}" if member.public_key else "it has no key on the chain"
    told = _REGISTER.format(how) if register is None else f"done: {register.left(member.address, how)}"
    return [_GATEWAY, _HUB, told, *_LEFT[how], account]


def renew(desk: Desk, name: str, hand: Hand) -> str:
    """A new certificate of the same key, once it is due; the earlier one counts to its end. Until when it is good."""
    member = _known(desk, name)
    if member.status != "ready":
        raise ProvisionError(f"{name} is {member.status}: it gets no certificate")
    told = hand.run("keys", name)
    if told.get("vpn_public_key") != member.vpn_public_key:
        raise ProvisionError(f"{name} has other keys than those its TPM vouched for: provision it anew")
    try:
        issued = desk.authority.issue(name, str(told.get("request")))
    except AuthorityError as error:
        raise ProvisionError(str(error)) from error
    vpn = desk.network.of_box(name, member.address)
    hand.run(
        "install", given=json.dumps({"certificate": issued.chain, "authority": desk.authority.trusted, "vpn": vpn})
    )
    member.serial = issued.serial
    desk.keep(member)
    return issued.not_after


def _known(desk: Desk, name: str) -> Member:
    member = desk.member(name)
    if member is None:
        raise ProvisionError(f"no box is called {name}")
    return member
