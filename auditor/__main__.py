"""Audit and settlement export for other programs: what happens is told as lines of JSON on standard output.

    python -m auditor audit --node URL [--genesis FILE]
    python -m auditor settlement --node URL --genesis FILE --key FILE --market M --account A --from T --to T --out DIR

`{"done": N, "total": M}` on the way; in the end `{"result": {...}}`, or `{"error": "..."}` with exit code 2. People use
`./tbi audit` and `./tbi settlement`.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from auditor.errors import CannotLook
from auditor.settlement.errors import SettlementError


def main(words: list[str] | None = None) -> int:
    given = _arguments(words)
    try:
        result = given.act(given)
    except (CannotLook, SettlementError, OSError, ValueError, KeyError) as error:
        _tell({"error": str(error) or type(error).__name__})
        return 2
    _tell({"result": result})
    return 0


def _arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m auditor", description=__doc__.splitlines()[0])
    acts = parser.add_subparsers(required=True)
    audit = acts.add_parser("audit")
    audit.add_argument("--node", required=True)
    audit.add_argument("--genesis", type=Path)
    audit.set_defaults(act=_audit)
    settlement = acts.add_parser("settlement")
    for name in ("node", "market", "account", "from", "to"):
        settlement.add_argument(f"--{name}", required=True, dest="begin" if name == "from" else name)
    for name in ("genesis", "key", "out"):
        settlement.add_argument(f"--{name}", required=True, type=Path)
    settlement.set_defaults(act=_settlement)
    return parser.parse_args(words)


def _audit(given: argparse.Namespace) -> dict[str, Any]:
    from auditor.audit import audit  # noqa: PLC0415 - each command loads what it needs
    from auditor.chain.sources import NodeSource  # noqa: PLC0415

    source = NodeSource(given.node, json.loads(given.genesis.read_text()) if given.genesis else None)
    return audit(source, _teller(source.last)).as_json()


def _settlement(given: argparse.Namespace) -> dict[str, Any]:
    from auditor.settlement.copies import csv_of, pdf_of  # noqa: PLC0415
    from auditor.settlement.export import Exporter  # noqa: PLC0415
    from auditor.settlement.files import Key, read  # noqa: PLC0415
    from auditor.settlement.node import Node  # noqa: PLC0415
    from auditor.settlement.statement import epoch  # noqa: PLC0415

    node, key = Node(given.node), Key.of_file(given.key)
    total = int(node.info()["last_irreversible_block_num"])
    exporter = Exporter(node, given.market, json.loads(given.genesis.read_text()), _teller(total))
    proof = exporter.file(given.account, epoch(given.begin), epoch(given.to), key)
    given.out.mkdir(parents=True, exist_ok=True)
    for name, content in (("json", proof), ("csv", csv_of(proof, key)), ("pdf", pdf_of(proof, key))):
        (given.out / f"settlement.{name}").write_bytes(content)
    statement = read(proof)["statement"]
    return {"totals": statement["totals"], "not_settled": statement["not_settled"], "signed_by": key.public}


def _teller(total: int) -> Callable[[str], None]:
    """Both begin their lines with a block's number."""

    def say(line: str) -> None:
        number = re.match(r"\d+", line)
        if number:
            _tell({"done": int(number[0]), "total": total})

    return say


def _tell(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
