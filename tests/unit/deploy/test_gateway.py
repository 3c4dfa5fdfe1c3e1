"""The gateway's configuration; what nginx makes of it: tests/integration/local/test_gateway.py."""

import json
import re

from deploy.local import gateway
from deploy.local.plan import PORTS, Plan


def test_every_service_stands_behind_its_base_path(plan: Plan) -> None:
    text = gateway.configuration(plan)
    for name in PORTS:
        assert f"upstream {name} {{\n    server {plan.program(name).address};" in text
        assert f"location ^~ /{name}/ {{" in text


def test_it_listens_on_loopback_only(plan: Plan) -> None:
    assert set(re.findall(r"listen ([^ ;]+)", gateway.configuration(plan))) == {"127.0.0.1:8080"}


def test_nothing_is_left_to_be_filled_in(plan: Plan) -> None:
    names = set(re.findall(r"@[a-z-]+", gateway.configuration(plan)))
    assert {name for name in names if not re.match(r"@(problem|away|slow|unbuilt)", name)} == set()


def test_files_are_written_only_when_they_differ(plan: Plan) -> None:
    assert gateway.write(plan) is True
    assert gateway.write(plan) is False
    (plan.settings.data / "gateway/headers.conf").write_text("")
    assert gateway.write(plan) is True


def test_the_portal_is_told_of_the_pool_and_of_nothing_secret(plan: Plan) -> None:
    folder = plan.settings.data / "gateway"
    folder.mkdir(parents=True)
    pool = {"region": "r", "user_pool_id": "p", "portal_client_id": "c", "endpoint_url": "http://127.0.0.1:4566"}
    gateway.write_pool(plan, {**pool, "service_client_ids": {"mastr-connector": "s"}})
    assert json.loads((folder / "config.json").read_text()) == {
        "region": "r",
        "user_pool_id": "p",
        "portal_client_id": "c",
        "identity_endpoint": "http://127.0.0.1:4566",
    }
