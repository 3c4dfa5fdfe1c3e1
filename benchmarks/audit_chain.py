"""The audit over three sizes: blocks and actions a second, and the memory it takes.

    python -m benchmarks.audit_chain [--stories 4 8 16]

The chain library plays stories of the differential tests (all kinds of actions, several markets and people each), with
quiet blocks between them; the blocks are written as an export. Each size is audited by a process of its own, all proofs
included, as `./tbi audit --export` does it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from auditor.chain.blocks import Block
from tests.contracts.audit.library import Library, SettlementNode
from tests.contracts.chain_tester import ChainTester
from tests.contracts.scene import deploy_all
from tests.contracts.test_differential import play

_QUIET_BLOCKS = 200
_ONE_AUDIT = """
import json, resource, sys, time
from pathlib import Path
from auditor.audit import audit
from auditor.chain.sources import ExportSource
begun, cpu = time.perf_counter(), time.process_time()
result = audit(ExportSource(Path(sys.argv[1])), lambda text: None)
assert result.equal, result.finding
told = {"seconds": time.perf_counter() - begun, "cpu_s": time.process_time() - cpu, "blocks": result.blocks}
told["signatures"] = result.counts["signatures"]
told["peak_kb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps(told))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stories", type=int, nargs="+", default=[4, 8, 16])
    options = parser.parse_args()
    load = os.getloadavg()[0]
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores, load {load:.1f}")
    with tempfile.TemporaryDirectory() as folder, ChainTester(record=True) as chain:
        deploy_all(chain)
        played = 0
        for stories in options.stories:
            for seed in range(played, stories):
                play(chain, seed)
                for _ in range(_QUIET_BLOCKS):
                    chain.produce()
            played = stories
            path = Path(folder) / f"{stories}.export"
            actions = write(Library(chain), path)
            report(path, actions)


def write(library: Library, path: Path) -> int:
    """Gives how many actions stand in the traces."""
    node, actions = SettlementNode(library), 0
    with gzip.open(path, "wt", compresslevel=1) as file:
        head = {"format": "tbi-audit-export", "version": 1, "chain_id": library.chain_id}
        file.write(json.dumps({**head, "first_key": library.first_key}) + "\n")
        for block in library.blocks():
            raw = node.block(block.number)
            raw["transactions"] = [
                {**item, "trx": [1, item["trx"]] if packed.packed else [0, packed.id]}
                for item, packed in zip(raw["transactions"], block.transactions, strict=True)
            ]
            trace = _trace(node, block)
            actions += sum(len(item["actions"]) for item in trace["transactions"]) if trace else 0
            file.write(json.dumps({"raw": raw, "trace": trace}) + "\n")
        file.write(json.dumps({"end": library.last}) + "\n")
    return actions


def _trace(node: SettlementNode, block: Block) -> dict[str, Any] | None:
    return None if block.traces is None else next(node.traces(block.number, block.number + 1))


def report(path: Path, actions: int) -> None:
    done = subprocess.run([sys.executable, "-c", _ONE_AUDIT, str(path)], capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    print(
        f"{told['blocks']} blocks, {actions} actions, {told['signatures']} signatures: {told['seconds']:.1f} s, "
        f"{told['cpu_s']:.1f} s of processor time: {told['blocks'] / told['cpu_s']:.0f} blocks or "
        f"{actions / told['cpu_s']:.0f} actions a second of it; peak {told['peak_kb'] / 1024:.0f} MB",
        flush=True,
    )


if __name__ == "__main__":
    main()
