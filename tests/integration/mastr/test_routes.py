"""Who may call what, what is refused, and what happens while something is away."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from services.mastr_connector.app import create_app
from services.shared.web import BoxSecretGuard, create_box_secret
from simulators.mastr.demonstration import PLANTS
from tests.integration.box.processes import Program, answers, free_port, module
from tests.integration.mastr.stage import SECRET, Stage

OPERATOR = PLANTS[0].operator_nr
HOUSEHOLD = {"unit_type": "H0", "name": "Haushalt 1", "postcode": "54296", "operator_mastr_nr": OPERATOR}


def test_before_an_import_there_is_nothing_to_update_or_to_read(stage: Stage) -> None:
    assert stage.call("POST", "/update").status_code == 409
    assert stage.call("GET", f"/unit/{PLANTS[0].mastr_nr}").status_code == 404
    assert stage.get("/status") == {"last_init": None, "last_update": None, "counts": {}, "quota": None}


def test_an_extra_unit_is_recorded_listed_and_removed(stage: Stage) -> None:
    made = stage.call("POST", "/unit", HOUSEHOLD)
    assert made.status_code == 201
    unit = made.get_json()
    assert unit["mastr_nr"].startswith("H0-")
    assert unit["operator_mastr_nr"] == OPERATOR
    assert stage.get(f"/unit/{unit['mastr_nr']}") == unit
    assert stage.get(f"/marktakteur/{OPERATOR}/units")["items"] == [unit]
    assert stage.get("/status")["counts"]["H0"] == 1
    assert stage.call("DELETE", f"/unit/{unit['mastr_nr']}").status_code == 204
    assert stage.call("DELETE", f"/unit/{unit['mastr_nr']}").status_code == 404


def test_an_import_leaves_extra_units_alone(stage: Stage) -> None:
    unit = stage.call("POST", "/unit", {**HOUSEHOLD, "unit_type": "WP", "gross_power_kw": 8}).get_json()
    stage.done("/init", {"source": stage.export()})
    assert stage.get(f"/unit/{unit['mastr_nr']}") == unit
    listed = stage.get(f"/marktakteur/{OPERATOR}/units?limit=1")
    rest = stage.get(f"/marktakteur/{OPERATOR}/units?cursor={listed['next_cursor']}")
    both = [entry["mastr_nr"] for entry in (*listed["items"], *rest["items"])]
    assert both == [PLANTS[0].mastr_nr, unit["mastr_nr"]]


def test_the_same_key_records_one_unit(stage: Stage) -> None:
    first = stage.call("POST", "/unit", HOUSEHOLD, Idempotency_Key="one")
    stage.db["answers"].delete_many({})  # as if the first answer had never been kept
    second = stage.call("POST", "/unit", HOUSEHOLD, Idempotency_Key="one")
    assert first.get_json() == second.get_json()
    assert stage.call("POST", "/unit", HOUSEHOLD).get_json() != first.get_json()


def test_a_unit_of_the_register_is_not_removed_here(stage: Stage) -> None:
    answer = stage.call("DELETE", f"/unit/{PLANTS[0].mastr_nr}")
    assert answer.status_code == 403
    assert "changed there" in answer.get_json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "/init", {}, "source"),
        ("POST", "/init", {"source": ""}, "source"),
        ("POST", "/init", {"source": "x.zip", "filter": {}}, "filter"),
        ("POST", "/init", {"source": "x.zip", "filter": {"postcodes": ["5429"]}}, "filter.postcodes.0"),
        (
            "POST",
            "/init",
            {"source": "x.zip", "filter": {"municipality_keys": [7211000]}},
            "filter.municipality_keys.0",
        ),
        ("POST", "/init", {"source": "x.zip", "other": 1}, "other"),
        ("POST", "/unit", {**HOUSEHOLD, "unit_type": "PV"}, "unit_type"),
        ("POST", "/unit", {**HOUSEHOLD, "operator_mastr_nr": "ABR900000000118"}, "operator_mastr_nr"),
        ("POST", "/unit", {**HOUSEHOLD, "gross_power_kw": -1}, "gross_power_kw"),
        ("POST", "/unit", {**HOUSEHOLD, "name": "a\x00b"}, "name"),
        ("GET", "/unit/SEE1", None, "mastr_nr"),
        ("GET", f"/marktakteur/{OPERATOR}/units?limit=0", None, "limit"),
        ("GET", f"/marktakteur/{OPERATOR}/units?limit=1001", None, "limit"),
        ("GET", f"/marktakteur/{OPERATOR}/units?cursor=abc", None, "cursor"),
        ("GET", f"/marktakteur/{OPERATOR}/units?page=1", None, "page"),
        ("GET", "/job/a%20b", None, "job_id"),
    ],
)
def test_wrong_input_is_a_400_that_names_the_field(
    stage: Stage, method: str, path: str, body: dict[str, Any] | None, field: str
) -> None:
    answer = stage.call(method, path, body)
    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"
    assert field in answer.get_json()["errors"]


def test_an_unknown_job_is_a_404(stage: Stage) -> None:
    assert stage.call("GET", "/job/nothing").status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/init"),
        ("POST", "/update"),
        ("GET", "/job/x"),
        ("GET", f"/unit/{PLANTS[0].mastr_nr}"),
        ("GET", f"/marktakteur/{OPERATOR}/units"),
        ("POST", "/unit"),
        ("DELETE", "/unit/H0-00000000000"),
        ("GET", "/status"),
    ],
)
def test_every_route_asks_for_a_token(stage: Stage, method: str, path: str) -> None:
    assert stage.client.open(f"/mastr-connector/api/v1{path}", method=method, json={}).status_code == 401


def test_health_tells_of_mongo_and_redis(stage: Stage) -> None:
    health = stage.client.get("/mastr-connector/api/v1/health").get_json()
    assert health["status"] == "ok"
    assert health["checks"]["mongo"]["detail"].startswith("MongoDB 6")


def test_while_mongo_and_redis_are_away_the_answer_is_503(stage: Stage) -> None:
    gone = replace(
        stage.config,
        mongo_uri=f"mongodb://tbi@127.0.0.1:{free_port()}/?serverSelectionTimeoutMS=200",
        redis_url=f"redis://127.0.0.1:{free_port()}/0",
    )
    connector = create_app(gone, guard=BoxSecretGuard(SECRET))
    client, token = connector.app.test_client(), {"Authorization": f"Bearer {SECRET}"}
    base = "/mastr-connector/api/v1"
    for answer in (
        client.get(f"{base}/status", headers=token),
        client.get(f"{base}/job/x", headers=token),
        client.post(f"{base}/init", headers=token, json={"source": "x.zip"}),
        client.post(f"{base}/unit", headers=token, json=HOUSEHOLD),
    ):
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
    assert client.get(f"{base}/health").get_json()["status"] == "degraded"
    connector.close()


def test_the_service_runs_as_a_process(stage: Stage, tmp_path: Path) -> None:
    secret, port = create_box_secret(tmp_path / "secret"), free_port()
    url = f"http://127.0.0.1:{port}/mastr-connector/api/v1"
    service = Program(
        module("services.mastr_connector"),
        {
            **stage.environment,
            "TBI_HOST": "127.0.0.1",
            "TBI_PORT": str(port),
            "TBI_BOX_SECRET_FILE": str(tmp_path / "secret"),
        },
        tmp_path / "service.log",
        answers(f"{url}/health"),
    )
    service.start()
    try:
        assert requests.get(f"{url}/health", timeout=5).json()["status"] == "ok"
        told = requests.get(f"{url}/status", headers={"Authorization": f"Bearer {secret}"}, timeout=5)
        assert told.json() == stage.get("/status")
    finally:
        assert service.end() == 0
