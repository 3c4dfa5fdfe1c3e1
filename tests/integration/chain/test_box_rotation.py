"""A key rotation of a box's account, with the words of docs/operations.md ("A key rotation"), with two real TPMs.

The account's owner here asks for two of the recovery's three keys and has no wait, for no test waits a day: that an
account as the market makes it does not change its key at once is shown apart.
"""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest
import requests

from deploy.chain import market as chain_market
from deploy.chain.accounts import RECOVERY_KEYS
from deploy.chain.market import Participant, Point
from services.shared.chain.accounts import authority, of_key, participant_account
from services.shared.chain.errors import AuthorityMissing
from services.shared.chain.transaction import Action
from tests.integration.chain.support import Chain, SoftR1Signer, random_name
from tests.integration.chain.tpm_box import TpmBox, tpm_box


def change_key(chain: Chain, account: str, key: str) -> None:
    """Step one: two of the recovery's keys change the active key through the owner permission."""
    data = {"account": account, "permission": "active", "parent": "owner", "auth": of_key(key)}
    two = [chain.governance.keyring.signer(name) for name in RECOVERY_KEYS[:2]]
    chain.client.push([Action("eosio", "updateauth", [(account, "owner")], data)], two)


def pays_in(box: TpmBox) -> requests.Response:
    data = {"from": box.account, "to": "tbimarket", "quantity": "1.000000 EUR", "memo": "lem"}
    return box.connector.post(random_name(), {"account": "tbitoken", "name": "transfer", "data": data})


def register(chain: Chain, box: TpmBox) -> None:
    """As the market does it, but for the owner's wait."""
    keys = chain.governance.keyring
    owner = authority(2, keys=[(keys.signer(name).public_key, 1) for name in RECOVERY_KEYS])
    made = participant_account(box.account, box.key)
    made[0][1]["owner"] = owner
    chain.governance.as_eosio([Action("eosio", name, [("eosio", "active")], data) for name, data in made])
    participant = Participant(box.account, box.key, (Point(secrets.token_hex(32), units=(secrets.token_hex(32),)),))
    chain_market.register_participant(chain.governance, "lem", participant)
    chain_market.fund(chain.governance, [box.account], "5.000000 EUR")


def test_m_reg_04_the_old_tpms_order_stands_and_from_then_on_the_new_one_orders(chain: Chain, tmp_path: Path) -> None:
    account = random_name("b")
    with tpm_box(chain, tmp_path / "old", account) as old, tpm_box(chain, tmp_path / "new", account) as new:
        register(chain, old)
        old.connector.start()
        new.connector.start()
        before = pays_in(old)
        assert before.status_code == 200, before.text
        assert pays_in(new).status_code in (403, 502), "the chain knows the old key only"

        change_key(chain, account, new.key)
        chain.as_operator("register", "tbiclsbox", "rekey", market="lem", box=account, key=new.key)

        refused, taken = pays_in(old), pays_in(new)
        assert refused.status_code in (403, 502), refused.text
        assert taken.status_code == 200, taken.text
    assert chain.client.transaction(before.json()["transaction_id"]) is not None
    assert chain.ledger("lem")[account]["available"] == 2_000_000, "one order of each key, and nothing else"
    keys = [row["key"] for row in chain.client.rows("tbiclsbox", "lem", "keys") if row["box"] == account]
    assert keys == [old.key, new.key], "earlier signatures stay the earlier key's"


def test_nobody_changes_a_boxs_key_at_once(chain: Chain) -> None:
    """Two of the recovery's keys, without its wait of a day, are nobody."""
    name, _ = chain.account()
    with pytest.raises(AuthorityMissing):
        change_key(chain, name, SoftR1Signer().public_key)
