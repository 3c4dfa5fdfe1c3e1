"""Alerts and dashboard: every figure that they name is one that a service tells, and every alert has its page."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry

from deploy.local.plan import Plan
from services.background_manager_logic import metrics as manager_metrics
from services.blockchain_connector import metrics as connector_metrics
from services.shared.web.metrics import Metrics

REPO = Path(__file__).parents[3]
FOLDER = REPO / "deploy/observability"
RUNBOOK = (REPO / "docs/operations.md").read_text(encoding="utf-8")
ALERTS: list[dict[str, Any]] = yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"][0]["rules"]
DASHBOARD: dict[str, Any] = json.loads((FOLDER / "dashboard.json").read_text())
EXPRESSIONS = [alert["expr"] for alert in ALERTS] + [
    target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]
]
PLAYED: dict[str, Any] = yaml.safe_load((FOLDER / "alerts.test.yaml").read_text())
OF_OTHERS = {"up", "node_filesystem_avail_bytes", "node_filesystem_size_bytes", "node_textfile_mtime_seconds"}
"""Prometheus' own, and node_exporter's."""


class _Nothing:
    """A performer and a feed of which nothing is asked."""

    def counts(self) -> tuple[int, int]:
        return 0, 0

    def count_dead_letters(self) -> int:
        return 0


@pytest.fixture(scope="module")
def told() -> set[str]:
    """The names of all figures that services tell."""
    service, connector, manager = Metrics("thing"), CollectorRegistry(), CollectorRegistry()
    service.observe("/x", "GET", 200, 0.1)
    service.checked("x", True)
    connector_metrics.count(connector, _Nothing(), _Nothing())  # type: ignore[arg-type]
    manager_metrics.count(manager, lambda: 0)
    families = [*service.registry.collect(), *connector.collect(), *manager.collect()]
    return {sample.name for family in families for sample in family.samples}


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_figure_is_told_by_some_service(expression: str, told: set[str]) -> None:
    bare = re.sub(r"\{[^}]*\}|by \([^)]*\)|\[[^\]]*\]", "", expression)
    named = set(re.findall(r"\b(?:tbi|process|node)_[a-z_]+|\bup\b", bare))
    assert named
    assert named <= told | OF_OTHERS


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: str(alert["alert"]))
def test_every_alert_waits_a_while_and_has_a_page(alert: dict[str, Any]) -> None:
    assert alert["for"]
    assert alert["labels"]["severity"] in ("page", "ticket")
    assert alert["annotations"]["summary"]
    anchors = {
        re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in RUNBOOK.splitlines()
        if line.startswith("#")
    }
    assert alert["annotations"]["runbook"] in anchors


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: str(alert["alert"]))
def test_every_alert_is_played(alert: dict[str, Any]) -> None:
    """promtool plays them in the operators' pipeline, and here where it is installed."""
    raised = [one for test in PLAYED["tests"] for one in test["alert_rule_test"] if one["alertname"] == alert["alert"]]
    assert any(one.get("exp_alerts") for one in raised)


@pytest.mark.skipif(shutil.which("promtool") is None, reason="the operators' pipeline has it")
@pytest.mark.parametrize("words", [("check", "config", "prometheus.yaml"), ("test", "rules", "alerts.test.yaml")])
def test_prometheus_takes_them(words: tuple[str, ...]) -> None:
    done = subprocess.run(["promtool", *words], cwd=FOLDER, capture_output=True, text=True, check=False)  # noqa: S607
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("job", ["tbi-cloud", "tbi-boxes", "tbi-hosts"])
def test_an_alert_that_names_a_job_names_one_that_is_asked(job: str) -> None:
    asked = {one["job_name"] for one in yaml.safe_load((FOLDER / "prometheus.yaml").read_text())["scrape_configs"]}
    assert job in asked
    named = {one for expression in EXPRESSIONS for one in re.findall(r'job="([^"]+)"', expression)}
    assert named <= asked
    pages = [one["expr"] for one in ALERTS if one["labels"]["severity"] == "page" and "count(" not in one["expr"]]
    assert not any("tbi-boxes" in expression for expression in pages)


def test_every_service_of_the_cloud_side_is_asked(plan: Plan) -> None:
    scraped = yaml.safe_load((FOLDER / "prometheus.yaml").read_text())["scrape_configs"][0]["static_configs"][0]
    served = {p.name: p.ports[0] for p in plan.programs if p.path.endswith("/api/v1") and "." not in p.name}
    assert sorted(scraped["targets"]) == sorted(f"{name}:{port}" for name, port in served.items())
