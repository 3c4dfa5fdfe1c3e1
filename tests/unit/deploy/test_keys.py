"""Keys that nobody can make anew are missed when they are gone."""

import json

import pytest

from deploy.chain.governance import Keyring
from deploy.local.keys import lost
from deploy.local.plan import Plan


@pytest.fixture
def ran(plan: Plan) -> Plan:
    """A data folder whose system ran; the seller's box has its account, the others' have none yet."""
    data = plan.settings.data
    Keyring(plan.settings.keys).public_keys()
    for name in ("endpoints.json", "identity.json", "mongo/user-made", "mongo/key", "cloud/mongo-password"):
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_text("{}")
    for name in ("chain/producer.key", "identity/state/cognito.json"):
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).touch()
    for box in plan.boxes:
        folder = plan.box_folder(box)
        folder.mkdir(parents=True)
        (folder / "secret").touch()
        (folder / "box.json").write_text(json.dumps({"account": "abc"} if box.name == "seller" else {}))
    for name in ("swtpm/tpm2-00.permall", "tpm-api/keys/account.json"):
        file = plan.box_folder(plan.boxes[0]) / name
        file.parent.mkdir(parents=True)
        file.touch()
    return plan


def test_nothing_is_missing_where_all_is_there(ran: Plan) -> None:
    assert lost(ran) == []


def test_nothing_is_missing_where_nothing_ran(plan: Plan) -> None:
    assert lost(plan) == []


@pytest.mark.parametrize(
    "name",
    [
        "keys/governors/tbigovern1.key",
        "keys/operator/tbiadmin.keeper.key",
        "keys/operator/tbievu.key",
        "chain/producer.key",
        "cloud/mongo-password",
        "mongo/key",
        "identity/state/cognito.json",
        "boxes/newcomer/secret",
        "boxes/bidder1/box.json",
        "boxes/seller/swtpm/tpm2-00.permall",
        "boxes/seller/tpm-api/keys/account.json",
    ],
)
def test_each_one_that_is_gone_is_named(ran: Plan, name: str) -> None:
    (ran.settings.data / name).unlink()
    assert lost(ran) == [str(ran.settings.data / name)]
