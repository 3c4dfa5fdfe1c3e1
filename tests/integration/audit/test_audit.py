"""The auditor looks at a real node on which people trade: while it runs, and at its block log when it is gone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.audit import EQUAL, UNKNOWN, audit
from tests.integration.chain.support import start_chain
from tests.integration.settlement.test_settlement import Traded, trade


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traded]:
    folder = tmp_path_factory.mktemp("audit")
    chain = start_chain(folder, lambda _line: None)
    try:
        yield trade(chain, folder)
    finally:
        chain.node.stop()


def run(*arguments: object) -> Result:
    return CliRunner().invoke(audit, [str(argument) for argument in arguments])


def test_a_node_its_export_and_its_block_log_are_equal(traded: Traded, tmp_path: Path) -> None:
    url, told, export = traded.chain.node.url, tmp_path / "result.json", tmp_path / "chain.export"
    node = run("--node", url, "--json", told, "--chain-id", traded.chain.client.info().chain_id)
    assert node.exit_code == EQUAL, node.output
    result = json.loads(told.read_text())
    assert (result["counts"]["logsettle"], result["divergence"], result["rows"] > 0) == (3, None, True), result
    genesis = run("--node", url, "--genesis", traded.chain.node.folder / "genesis.json")
    assert genesis.exit_code == EQUAL, genesis.output

    assert run("--node", url, "--write-export", export).exit_code == EQUAL
    traded.chain.node.stop()
    for source in (("--export", export), ("--block-log", traded.chain.node.folder / "data/blocks/blocks.log")):
        done = run(*source)
        assert done.exit_code == EQUAL, done.output
    assert run("--node", url).exit_code == UNKNOWN
