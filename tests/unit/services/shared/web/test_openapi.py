"""Each service's document is what its code says."""

from pathlib import Path

import pytest

from services.shared.web import openapi


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
