"""A key rotation of the operator's permissions, with the runbook's words (docs/operations.md, "A key rotation"), on a
real chain and connector: a new key, two governors, the file replaced, the program started anew, the old key of no use.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.chain.accounts import OPERATOR, OPERATOR_LINKS
from services.shared.chain.accounts import of_key
from services.shared.chain.errors import AuthorityMissing
from services.shared.chain.key_file import KeyFileSigner
from services.shared.chain.transaction import Action
from tests.integration.chain.connector import Connector
from tests.integration.chain.support import Chain, random_name
from tests.integration.forecast.pool import Pool


@pytest.fixture
def connector(chain: Chain, pool: Pool, tmp_path: Path) -> Iterator[Connector]:
    made = Connector(tmp_path, chain.node.url, pool, TBI_KEYS_DIR=str(chain.keys_dir))
    made.start()
    yield made
    made.process.stop()


def new_key_for(chain: Chain, permission: str, folder: Path) -> Path:
    """Step one and two: a key beside the old one, and two governors who change the permission to it."""
    draft = folder / f"{OPERATOR}.{permission}.key"
    signer = KeyFileSigner.create(draft)
    data = {"account": OPERATOR, "permission": permission, "parent": "active", "auth": of_key(signer.public_key)}
    chain.governance.decide([Action("eosio", "updateauth", [(OPERATOR, "active")], data)])
    return draft


def replace_file(chain: Chain, draft: Path) -> None:
    """Step three."""
    text = draft.read_text()
    place = chain.keys_dir / draft.name
    place.write_text(text)
    place.chmod(0o600)


def test_a_connector_with_the_old_key_is_refused_and_with_the_new_one_goes_on(
    chain: Chain, connector: Connector, tmp_path: Path
) -> None:
    market = chain.open_market()
    order = {"account": "tbiclsbox", "name": "regbox"}

    def register() -> int:
        name, signer = chain.account()
        data = {"market": market, "box": name, "key": signer.public_key}
        return connector.post(secrets.token_hex(8), {**order, "data": data}).status_code

    assert register() == 200
    draft = new_key_for(chain, "register", tmp_path)
    assert register() in (403, 502), "the chain knows the new key only"
    replace_file(chain, draft)
    connector.process.stop()
    connector.start()
    assert register() == 200


@pytest.mark.parametrize("permission", sorted(OPERATOR_LINKS))
def test_each_permission_is_rotated_by_itself(chain: Chain, permission: str, tmp_path: Path) -> None:
    """No other permission's key is touched, and the old one of this one has no power left."""
    keyring = chain.governance.keyring
    old = keyring.signer(f"{OPERATOR}.{permission}")
    others = {name: keyring.signer(f"{OPERATOR}.{name}").public_key for name in OPERATOR_LINKS if name != permission}
    draft = new_key_for(chain, permission, tmp_path)
    held = {entry["perm_name"]: entry["required_auth"] for entry in chain.client.account(OPERATOR)["permissions"]}
    replace_file(chain, draft)
    assert keyring.signer(f"{OPERATOR}.{permission}").public_key != old.public_key
    for name, public_key in others.items():
        assert len(held[name]["keys"]) == 1
        assert KeyFileSigner(chain.keys_dir / f"{OPERATOR}.{name}.key").public_key == public_key
    contract, action = OPERATOR_LINKS[permission][0]
    with pytest.raises(AuthorityMissing):
        chain.client.push([Action(contract, action, [(OPERATOR, permission)], _data(action))], [old])


def _data(action: str) -> dict[str, object]:
    """Anything that can be packed: authority is asked for before the contract looks at it."""
    market, slot = random_name("m"), 1_795_305_600
    name, key = random_name("t"), "PUB_K1_6MRyAjQq8ud7hVNYcfnVPJqcVpscN5So8BhtHuGYqET5BoDq63"
    place = {"market": market, "box": name, "point": 1, "slot": slot}
    return {
        "regbox": {"market": market, "box": name, "key": key},
        "forecast": {"market": market, "slot": slot, "points": []},
        "raise": {**place, "energy_wh": 0, "buyer": "", "kind": "senddata"},
        "award": {"market": market, "offer": 1},
        "propose": {
            "proposer": OPERATOR,
            "proposal_name": random_name("p"),
            "requested": [],
            "trx": {
                **{"expiration": "2030-01-01T00:00:00", "ref_block_num": 0, "ref_block_prefix": 0},
                **{"max_net_usage_words": 0, "max_cpu_usage_ms": 0, "delay_sec": 0},
                **{"context_free_actions": [], "actions": [], "transaction_extensions": []},
            },
        },
    }[action]
