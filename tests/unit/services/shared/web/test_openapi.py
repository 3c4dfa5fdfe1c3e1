"""Each service's document is what its code says."""

from pathlib import Path
from typing import Any

import pytest

from services.shared.web import Resource, Service, openapi
from services.shared.web.document import DocumentError


@pytest.mark.parametrize("module", openapi.documented_services())
def test_the_checked_in_document_is_current(module: str) -> None:
    assert openapi.is_current(module), f"run python -m services.shared.web.openapi {module}"


def test_there_are_documents_to_check() -> None:
    assert "tpm_api" in openapi.documented_services()


def test_check_tells_a_stale_document_from_a_current_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "tpm_api"
    folder.mkdir()
    monkeypatch.setattr(openapi, "SERVICES", tmp_path)
    assert openapi.main(["tpm_api", "--check"]) == 1
    assert openapi.main(["tpm_api"]) == 0
    assert openapi.main(["--check"]) == 0
    file = folder / "openapi.json"
    file.write_text(file.read_text().replace("/random", "/dice"))
    assert openapi.main(["--check"]) == 1
    assert "services/tpm_api/openapi.json is not current" in capsys.readouterr().err


def test_null_is_said_as_swagger_2_says_it(service: Service) -> None:
    """A list of types is JSON Schema's; generators drop such a property without a word."""
    schema: dict[str, Any] = {"type": "object", "properties": {"colour": {"type": ["string", "null"], "maxLength": 9}}}
    _give(service, "Paint", schema)
    told = openapi.document_of(service)["definitions"]["Paint"]["properties"]["colour"]
    assert told == {"type": "string", "maxLength": 9, "x-nullable": True}
    assert schema["properties"]["colour"]["type"] == ["string", "null"]  # what checks bodies stays


def test_a_model_that_only_a_model_refers_to_is_in_the_document(service: Service) -> None:
    service.v1.schema_model("Wheel", {"type": "object", "properties": {"size": {"type": "integer"}}})
    _give(service, "Cart", {"type": "object", "properties": {"wheel": {"$ref": "#/definitions/Wheel"}}})
    assert "Wheel" in openapi.document_of(service)["definitions"]


def test_a_reference_to_nothing_makes_no_document(service: Service) -> None:
    _give(service, "Cart", {"type": "object", "properties": {"wheel": {"$ref": "#/definitions/Whel"}}})
    with pytest.raises(DocumentError, match="Whel"):
        openapi.document_of(service)


def test_two_routes_of_one_name_make_no_document(service: Service) -> None:
    """Generated clients name their methods after them."""
    for name in ("Cart", "Wheel"):
        _give(service, name, {"type": "object"})
    with pytest.raises(DocumentError, match="get_given"):
        openapi.document_of(service)


def _give(service: Service, name: str, schema: dict[str, Any]) -> None:
    """A route that answers with this."""

    @service.v1.route(f"/{name.lower()}")
    class Given(Resource):
        @service.v1.response(200, name, service.v1.schema_model(name, schema))
        def get(self) -> Any:
            """Give it."""
