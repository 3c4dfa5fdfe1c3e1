"""What every service has: health, metrics, documents, a guard in front of all else."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from services.shared.web import CheckFailed, Resource, Service, create_box_secret, read_box_secret
from services.shared.web.config import ConfigurationError
from services.shared.web.openapi import document_of

from .conftest import BEARER, SECRET

HEALTH = "/thing-api/api/v1/health"
THING = "/thing-api/api/v1/thing"


def test_health_needs_no_token_and_says_what_is_well(client: FlaskClient) -> None:
    answer = client.get(HEALTH)
    assert answer.status_code == 200
    assert answer.get_json() == {
        "status": "ok",
        "version": "0.1.0",
        "checks": {"engine": {"status": "ok", "detail": "fine"}},
    }


def test_a_failed_check_makes_the_service_degraded(client: FlaskClient, state: dict[str, Any]) -> None:
    state["raise"] = CheckFailed("The engine does not answer.")
    answer = client.get(HEALTH)
    assert answer.status_code == 200
    assert answer.get_json()["status"] == "degraded"
    assert answer.get_json()["checks"]["engine"] == {"status": "failed", "detail": "The engine does not answer."}


def test_a_check_that_breaks_shows_nothing_of_why(client: FlaskClient, state: dict[str, Any]) -> None:
    state["raise"] = ValueError("/etc/secret")
    answer = client.get(HEALTH)
    assert answer.get_json()["status"] == "degraded"
    assert "/etc/secret" not in answer.get_data(as_text=True)


def test_metrics_count_by_route_and_not_by_path(client: FlaskClient) -> None:
    for name in ("abc", "abd"):
        client.get(f"{THING}/{name}", headers=BEARER)
    client.get("/nowhere/at/all")
    text = client.get("/metrics").get_data(as_text=True)
    assert (
        'tbi_http_requests_total{method="GET",route="/thing-api/api/v1/thing/<string:name>",'
        'service="thing-api",status="200"} 2.0'
    ) in text
    assert 'route="(none)"' in text
    assert "nowhere" not in text


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        f"Bearer {SECRET}x",
        f"Bearer {SECRET[:-1]}",
        f"Basic {SECRET}",
        SECRET,
        "Bearer \xff\xfe",
        "Bearer " + "x" * 10000,
    ],
)
@pytest.mark.parametrize(("method", "path"), [("GET", THING), ("POST", THING), ("GET", f"{THING}/abc")])
def test_without_the_secret_every_route_is_a_401(
    client: FlaskClient, method: str, path: str, authorization: str | None
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = client.open(path, method=method, headers=headers)
    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_route_that_is_added_later_is_guarded_too(service: Service) -> None:
    @service.v1.route("/late")
    class Late(Resource):
        def get(self) -> dict[str, str]:
            return {}

    client = service.app.test_client()
    assert client.get("/thing-api/api/v1/late").status_code == 401
    assert client.get("/thing-api/api/v1/late", headers=BEARER).status_code == 200


def test_the_scheme_is_read_in_any_case(client: FlaskClient) -> None:
    assert client.get(THING, headers={"Authorization": f"bearer {SECRET}"}).status_code == 200


@pytest.mark.parametrize("path", ["/thing-api/", "/thing-api"])
def test_swagger_ui_and_its_files_stand_under_the_base_path(client: FlaskClient, path: str) -> None:
    page = client.get(path)
    assert page.status_code == 200
    assert "/thing-api/swaggerui/swagger-ui.css" in page.get_data(as_text=True)
    with client.get("/thing-api/swaggerui/swagger-ui.css") as file:
        assert file.status_code == 200


def test_the_document_says_what_the_routes_do(client: FlaskClient, service: Service) -> None:
    document = client.get("/thing-api/swagger.json").get_json()
    assert document == document_of(service)
    assert document["basePath"] == "/thing-api"
    assert document["produces"] == ["application/json", "application/problem+json"]
    assert document["security"] == [{"bearer": []}]
    assert document["paths"]["/api/v1/health"]["get"]["security"] == []
    operation = document["paths"]["/api/v1/thing"]["get"]
    assert operation["responses"]["default"]["schema"] == {"$ref": "#/definitions/Problem"}
    limit = next(parameter for parameter in operation["parameters"] if parameter["name"] == "limit")
    assert (limit["minimum"], limit["maximum"], limit["default"]) == (1, 1000, 100)
    assert document["definitions"]["Thing"]["additionalProperties"] is False


def test_every_answer_forbids_caching_and_sniffing(client: FlaskClient) -> None:
    for path in (HEALTH, THING, "/nothing"):
        answer = client.get(path)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_accept_changes_nothing(client: FlaskClient) -> None:
    answer = client.get(HEALTH, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert json.loads(answer.get_data())


def test_a_new_secret_is_long_private_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    secret = create_box_secret(file)
    assert len(secret) >= 43
    assert file.stat().st_mode & 0o777 == 0o600
    assert create_box_secret(file) == read_box_secret(file) == secret


def test_a_secret_that_others_may_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    create_box_secret(file)
    file.chmod(0o640)
    with pytest.raises(ConfigurationError, match=r"TBI_BOX_SECRET_FILE.*chmod 600"):
        read_box_secret(file)


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 40, b"two words of a length that is long enough"])
def test_a_file_without_a_secret_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(ConfigurationError, match="TBI_BOX_SECRET_FILE"):
        read_box_secret(file)


def test_a_missing_secret_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"TBI_BOX_SECRET_FILE.*nothing"):
        read_box_secret(tmp_path / "nothing")
