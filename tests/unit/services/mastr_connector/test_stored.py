"""An export is taken for the one that is there only by a release that stores the same of it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from services.mastr_connector.building import INDEXES, _index_tasks
from services.mastr_connector.bulk import Export
from services.mastr_connector.catalogue import KINDS
from services.mastr_connector.domain import Region, unit_of
from services.mastr_connector.elements import KNOWN, READ
from services.mastr_connector.packs import FOUND_BY
from services.mastr_connector.service import importing
from simulators.mastr.export import Export as Written
from simulators.mastr.register import Register

REGISTER = Register(seed=7, size=10)
SHAPES = {3: "8ee0a482d3fa13b5"}
"""What each version of the stored shape looks like. Whoever changes the shape gives it the next version."""


def test_another_stored_shape_makes_another_import_of_the_same_export(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Export(Written(REGISTER).write(tmp_path / "export")) as export:
        first = importing._fingerprint(export, Region())
        assert importing._fingerprint(export, Region()) == first
        assert importing._fingerprint(export, Region.of(["54296"], [])) != first
        monkeypatch.setattr(importing, "_STORED_AS", importing._STORED_AS + 1)
        assert importing._fingerprint(export, Region()) != first


def test_a_changed_shape_has_a_version_of_its_own() -> None:
    indexes = {name: [dict(index.document) for index in each] for name, each in INDEXES.items()}
    number, stamp = "SEE900000000011", "2026-01-31T12:00:00"
    record = {**dict.fromkeys(READ, "1"), "EinheitMastrNummer": number, "DatumLetzteAktualisierung": stamp, "Neu": "x"}
    fields = [sorted(unit_of(kind, {**record, kind.name_field: "Name"}, KNOWN) or ()) for kind in KINDS]
    shape = json.dumps([indexes, {name: list(by) for name, by in FOUND_BY.items()}, fields], default=dict)
    assert hashlib.sha256(shape.encode()).hexdigest()[:16] == SHAPES[importing._STORED_AS]


def test_each_index_is_made_once_and_none_where_nothing_is() -> None:
    made = [(name, index.document["name"]) for name, part in _index_tasks(INDEXES) for index in part]
    assert sorted(made) == sorted((name, index.document["name"]) for name, each in INDEXES.items() for index in each)
    assert {name for name, _ in _index_tasks(["units", "gone_units"])} == {"units"}
