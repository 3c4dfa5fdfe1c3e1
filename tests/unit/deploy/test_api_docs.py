"""The static documentation site is complete, and needs nothing from elsewhere."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from deploy.local import api_docs
from services.shared.web.openapi import SERVICES, documented_services


class Links(HTMLParser):
    def __init__(self, page: Path) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inline = False
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.found += [value for name in ("href", "src") if (value := values.get(name))]
        self.inline |= tag == "style" or (tag == "script" and "src" not in values) or "onload" in values


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "services").symlink_to(SERVICES)
    return tmp_path / api_docs.write(tmp_path)


def test_every_service_has_a_page_with_its_document(site: Path) -> None:
    index = Links(site / "index.html").found
    for service in documented_services():
        name = service.replace("_", "-")
        assert f"{name}/" in index
        document = json.loads((SERVICES / service / "openapi.json").read_text(encoding="utf-8"))
        assert json.loads((site / name / "openapi.json").read_text(encoding="utf-8")) == document
        assert document["info"]["title"] in (site / name / "index.html").read_text(encoding="utf-8")


def test_every_link_leads_to_a_file_of_the_site_and_nothing_is_inline(site: Path) -> None:
    """So it stands under any path, without a network, and under a policy that allows no inline script."""
    pages = list(site.rglob("*.html"))
    assert len(pages) == len(documented_services()) + 1
    for page in pages:
        links = Links(page)
        assert not links.inline
        for link in links.found:
            target = (page.parent / link).resolve()
            assert target.is_relative_to(site.resolve()), link
            assert (target / "index.html" if target.is_dir() else target).is_file(), link


def test_it_is_to_read_only_and_asks_nobody_else(site: Path) -> None:
    shown = (site / "assets/show.js").read_text()
    assert "supportedSubmitMethods: []" in shown
    assert "validatorUrl: null" in shown
    assert "http" not in shown


def test_what_a_service_says_of_itself_cannot_become_markup(site: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    (other / "services/odd").mkdir(parents=True)
    about = {"info": {"title": "<script>x", "description": "<b>"}, "paths": {}}
    (other / "services/odd/openapi.json").write_text(json.dumps(about))
    api_docs.write(other)
    for page in other.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert "<script>x" not in text
        assert "<b>" not in text


def test_it_is_written_where_it_is_missing_or_not_current(tmp_path: Path) -> None:
    (tmp_path / "services/odd").mkdir(parents=True)
    document = tmp_path / "services/odd/openapi.json"
    document.write_text(json.dumps({"info": {"title": "odd"}, "paths": {}}))
    index = tmp_path / api_docs.FOLDER / "index.html"
    api_docs.ensure(tmp_path)
    first = index.stat().st_ino
    api_docs.ensure(tmp_path)
    assert index.stat().st_ino == first
    document.write_text(json.dumps({"info": {"title": "even"}, "paths": {}}))
    api_docs.ensure(tmp_path)
    assert "even" in index.read_text()
    index.unlink()
    api_docs.ensure(tmp_path)
    assert index.is_file()
    assert [path.name for path in index.parents[1].iterdir()] == ["api-docs"]


def test_writing_it_again_leaves_nothing_behind(site: Path, tmp_path: Path) -> None:
    (site / "gone").mkdir()
    api_docs.write(tmp_path)
    assert not (site / "gone").exists()
