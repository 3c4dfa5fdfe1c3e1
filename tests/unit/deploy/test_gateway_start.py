"""The start of the gateway's image: what its environment fills in, looked at by nginx itself."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.local.settings import REPO

IMAGES = REPO / "deploy/images"
ORIGIN = "https://cognito-idp.eu-central-1.amazonaws.com"


@pytest.fixture
def start(tmp_path: Path) -> Path:
    """gateway.sh with its folders elsewhere, which stops where nginx would start."""
    etc, tmp = tmp_path / "etc", tmp_path / "tmp"
    shutil.copytree(IMAGES / "gateway", etc)
    tmp.mkdir()
    text = (IMAGES / "gateway.sh").read_text()
    text = text.replace("/tmp/", f"{tmp}/").replace(  # noqa: S108 - the image's own
        "/etc/tbi/gateway/nginx.conf", f"{etc}/nginx.conf"
    )
    before, _, _ = text.partition("sh /follow.sh")
    file = tmp_path / "gateway.sh"
    file.write_text(before)
    return file


def run(start: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    told = {"PATH": os.environ["PATH"], **environment}
    return subprocess.run(["/bin/sh", str(start)], env=told, capture_output=True, text=True, check=False)


def written(start: Path) -> str:
    return (start.parent / "tmp/nginx.conf").read_text()


def test_without_more_words_it_answers_to_this_machines_names(start: Path) -> None:
    assert run(start, TBI_IDENTITY_ORIGIN=ORIGIN).returncode == 0
    assert "\n    server_name localhost 127.0.0.1 ;" in written(start)
    assert f"connect-src 'self' {ORIGIN};" in written(start)
    assert 'alias "/etc/tbi/gateway/config.json";' in written(start)


def test_the_portals_own_names_are_answered_to(start: Path) -> None:
    done = run(start, TBI_IDENTITY_ORIGIN=ORIGIN, TBI_PORTAL_HOSTS="portal.example.org,lem.example.org")
    assert done.returncode == 0, done.stderr
    assert "\n    server_name localhost 127.0.0.1 portal.example.org lem.example.org;" in written(start)
    assert written(start).count("portal.example.org") == 1


def test_the_pool_may_be_told_by_the_environment(start: Path) -> None:
    pool = '{"region": "eu-central-1", "portal_client_id": "c&c"}'
    assert run(start, TBI_IDENTITY_ORIGIN=ORIGIN, TBI_PORTAL_POOL=pool).returncode == 0
    assert (start.parent / "tmp/config.json").read_text() == pool + "\n"
    assert f'alias "{start.parent / "tmp"}/config.json";' in written(start)


@pytest.mark.parametrize(
    ("name", "value"),
    [("TBI_IDENTITY_ORIGIN", "https://x;}"), ("TBI_PORTAL_HOSTS", "portal; return 200"), ("TBI_PORTAL_HOSTS", "*")],
)
def test_nothing_but_names_gets_into_the_configuration(start: Path, name: str, value: str) -> None:
    done = run(start, **{"TBI_IDENTITY_ORIGIN": ORIGIN, name: value})
    assert (done.returncode, name in done.stderr) == (2, True)
    assert not (start.parent / "tmp/nginx.conf").exists()


def test_a_load_balancer_that_asks_by_address_hears_that_it_is_well(start: Path) -> None:
    text = (IMAGES / "gateway/nginx.conf").read_text()
    others = text[text.index("default_server") : text.index("server_name localhost")]
    assert "location = /health {" in others
    assert "return 421" in others
