"""From a chain of one founding node to one that the consortium's partners run together (M-CON).

    python -m deploy.chain.consortium --url http://127.0.0.1:8888 --keys K --producer-key D/producer.key \\
        --partner partnera=PUB_K1_... --partner partnerb=PUB_K1_... ...

Each partner brings the public key that its node signs blocks with. Done twice, it changes nothing. The whole way stands
in deploy/chain/README.md.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from deploy.chain.accounts import GOVERNORS
from deploy.chain.boot import BootError, boot
from deploy.chain.governance import Governance, Keyring
from deploy.chain.nodeos import chain_env
from services.shared.chain.accounts import Limits, new_account, of_key
from services.shared.chain.errors import ChainError
from services.shared.chain.keys import from_text, to_text
from services.shared.chain.transaction import Action
from services.shared.wait import wait_until

_LIMITS: Final = Limits(64 * 1024, 10, 10)
_ACTIVE_S: Final = 120.0
_log = logging.getLogger("chain")


@dataclass(frozen=True)
class Partner:
    """A member: its account's name, which is also its producer's, and the key that its node signs blocks with."""

    name: str
    block_key: str


def found(chain: Governance, partners: Sequence[Partner]) -> None:
    """Make the partners members, have them vote for all of themselves, and wait until their schedule is in force.

    The key of a partner's account is made in the keyring; a consortium whose partners hold their own keys votes with
    its own tools. Raises ChainError, ContractRefused (M-CON) and TimeoutError.
    """
    wanted = sorted(partners, key=lambda partner: partner.name)
    _make_accounts(chain, wanted)
    names = [partner.name for partner in wanted]
    if [row["account"] for row in chain.client.rows("consortium", "consortium", "partners")] != names:
        _set_partners(chain, names)
    if producers(chain) != wanted:
        _vote(chain, wanted)
    wait_until(lambda: producers(chain) == wanted, _ACTIVE_S, every=0.25, what="the partners' schedule in force")


def producers(chain: Governance) -> list[Partner]:
    """Who makes blocks now, by the schedule in force."""
    schedule = chain.rpc.call("/v1/chain/get_producer_schedule")["active"]["producers"]
    return [Partner(entry["producer_name"], _key_of(entry["authority"])) for entry in schedule]


def _key_of(authority: Any) -> str:
    """A schedule's entry is [0, block_signing_authority_v0]; the node writes a K1 key in the old form, `EOS...`."""
    return to_text("PUB", *from_text("PUB", authority[1]["keys"][0]["key"]))


def _make_accounts(chain: Governance, partners: Sequence[Partner]) -> None:
    missing = [partner.name for partner in partners if not chain.has_account(partner.name)]
    if not missing:
        return
    keys = {name: of_key(chain.keyring.signer(name).public_key) for name in missing}
    made = [part for name in missing for part in new_account(name, keys[name], keys[name], _LIMITS)]
    chain.as_eosio([Action("eosio", name, [("eosio", "active")], data) for name, data in made])


def _set_partners(chain: Governance, names: Sequence[str]) -> None:
    setting = Action("consortium", "setpartners", [("consortium", "active")], {"partners": list(names)})
    chain.sign_together([setting], confirm="block")


def _vote(chain: Governance, partners: Sequence[Partner]) -> None:
    """As many as decide: the vote that decides clears all others, and one more would be a vote for what is."""
    ballot = [{"name": partner.name, "key": partner.block_key} for partner in partners]
    deciding = partners[: 2 * len(partners) // 3 + 1]
    for partner in deciding:
        data = {"partner": partner.name, "producers": ballot}
        vote = Action("consortium", "vote", [(partner.name, "active")], data)
        chain.client.push([vote], [chain.keyring.signer(partner.name)])


def _partner(text: str) -> Partner:
    name, found_sign, key = text.partition("=")
    if not (name and found_sign and key) or name in GOVERNORS:
        raise argparse.ArgumentTypeError("a partner is written NAME=PUB_K1_...")
    return Partner(name, key)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.chain.consortium", description=__doc__.splitlines()[0])
    parser.add_argument("--url", action="append", required=True, help="a node's API; may be repeated")
    parser.add_argument("--keys", type=Path, required=True, help="the folder of the key files")
    parser.add_argument("--producer-key", type=Path, required=True, help="the founding node's key, that of eosio")
    parser.add_argument("--partner", type=_partner, action="append", required=True, help="NAME=PUB_K1_...; repeated")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s", stream=sys.stderr)
    chain = Governance(given.url, Keyring(given.keys), given.producer_key)
    try:
        boot(chain, chain_env(), _log.info)
        found(chain, given.partner)
    except (BootError, ChainError, TimeoutError) as error:
        _log.error("the consortium is not founded: %s", error)
        return 1
    _log.info("blocks are made by %s", ", ".join(partner.name for partner in given.partner))
    return 0


if __name__ == "__main__":
    sys.exit(main())
