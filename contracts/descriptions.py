"""The contracts in SCDL 2.0.0, the Smart Contract Description Language.

    python -m contracts.descriptions

writes contracts/scdl/NAME.json anew; `python -m contracts.build` writes and checks them, too. Everything in them
follows from the ABIs, the compiled code and contracts/README.md. contracts/scdl/schema.json is SCDL's metamodel as a
JSON schema.

Source: Lamparelli, Falazi, Breitenbücher, Daniel, Leymann: Smart Contract Locator (SCL) and Smart Contract Description
Language (SCDL), doi:10.1007/978-3-030-45989-5_16; https://github.com/floriandanielit/scdl, README.md and metamodel.png.
"""

from __future__ import annotations

import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

ROOM = Path(__file__).resolve().parent
SCDL = ROOM / "scdl"
BUILT = ROOM / "build"
CREATED = "2026-11-28"
GATEWAY = "https://blockchain-connector/scip"
"""Stands for the connector of an installation: an SCL address names gateway, chain and contract."""

TITLES = {
    "tbitoken": "The tokens of the market: EUR, and PTX for Power2X",
    "tbiclsbox": "Registry of boxes, metering points and units; events addressed to boxes",
    "tbimarket": "The local energy market: ledger, offers, bids, awards, deliveries, settlements",
    "tbipool": "The balancing groups' figures per slot",
    "consortium": "The partners' votes for the chain's producers",
}
EVENTS = {
    "award": ("logaward",),
    "settle": ("logsettle", "logaward"),
    "sweep": ("logsweep",),
    "p2paccept": ("logaward",),
}
"""Which actions log what (contracts/README.md, "effect"). An event is an action that a contract sends to itself."""

NAME = {"type": "string", "pattern": "^[a-z1-5.]{0,12}[a-j1-5.]?$"}
TYPES: dict[str, dict[str, Any]] = {
    "bool": {"type": "boolean"},
    "string": {"type": "string"},
    "name": NAME,
    "asset": {"type": "string", "pattern": "^-?[0-9]+([.][0-9]+)? [A-Z]{1,7}$"},
    "symbol": {"type": "string", "pattern": "^[0-9]{1,2},[A-Z]{1,7}$"},
    "checksum256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    "public_key": {"type": "string", "pattern": "^PUB_(K1|R1)_[1-9A-HJ-NP-Za-km-z]+$"},
}


def main() -> None:
    """The command line."""
    write()


def write() -> None:
    """Writes all descriptions."""
    for name in TITLES:
        path(name).write_text(text(name), encoding="utf-8")


def changed() -> list[str]:
    """The contracts whose description is not what follows from ABI, code and README."""
    return [name for name in TITLES if not path(name).exists() or path(name).read_text(encoding="utf-8") != text(name)]


def path(contract: str) -> Path:
    """Where a contract's description lies."""
    return SCDL / f"{contract}.json"


def text(contract: str) -> str:
    """A contract's description as it is checked in."""
    return json.dumps(description(contract), indent=2, ensure_ascii=False) + "\n"


def description(contract: str) -> dict[str, Any]:
    """A contract's smart contract descriptor."""
    abi = json.loads((BUILT / f"{contract}.abi").read_text(encoding="utf-8"))
    structs = {struct["name"]: struct["fields"] for struct in abi["structs"]}
    names = [action["name"] for action in abi["actions"]]
    logs = {name for name in names if name.startswith("log")}
    return {
        "scdl_version": "2.0.0",
        "address": f"{GATEWAY}?blockchain=eosio&blockchain-id=tbi&address={contract}",
        "creation_date": CREATED,
        "description": f"{TITLES[contract]}. Rules: contracts/README.md",
        "bc_type": "eosio",
        "bc_version": "leap-4.1",
        "bc_internal_address": contract,
        "sc_name": contract,
        "sc_state": "READY",
        "sc_author": "tbiEnergy",
        "sc_language": "AssemblyScript",
        "sc_language_version": _language_version(),
        "sc_code_hash": hashlib.sha256((BUILT / f"{contract}.wasm").read_bytes()).hexdigest(),
        "functions": [_function(name, structs, logs) for name in names if name not in logs],
        "events": [_event(name, structs) for name in names if name in logs],
    }


def _function(name: str, structs: dict[str, Any], logs: set[str]) -> dict[str, Any]:
    described = {"description": _effects()[name]} if name in _effects() else {}
    return {
        "name": name,
        **described,
        "only_external": False,
        "side_effects": True,
        "supports_tx": False,
        "inputs": [_parameter(field, structs) for field in structs[name]],
        "outputs": [],
        "events": [event for event in EVENTS.get(name, ()) if event in logs],
    }


def _event(name: str, structs: dict[str, Any]) -> dict[str, Any]:
    params = [_parameter(field, structs) | {"indexed": False} for field in structs[name]]
    return {"name": name, "params": params}


def _parameter(field: dict[str, str], structs: dict[str, Any]) -> dict[str, Any]:
    """The native type stands in the parameter's description, as in SCDL's own examples."""
    return {"name": field["name"], "type": data_type(field["type"], structs), "description": field["type"]}


def data_type(native: str, structs: dict[str, Any]) -> dict[str, Any]:
    """A type of an ABI as an SCDL data type, that is, a JSON schema. ValueError: the type is not known here."""
    if native.endswith("[]"):
        return {"type": "array", "items": data_type(native[:-2], structs)}
    if native in structs:
        properties = {field["name"]: data_type(field["type"], structs) for field in structs[native]}
        return {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }
    whole = re.fullmatch(r"(u?)int(\d+)", native)
    if whole:
        bits = int(whole[2])
        least, most = (0, 2**bits - 1) if whole[1] else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        return {"type": "integer", "minimum": least, "maximum": most}
    if native not in TYPES:
        raise ValueError(f"contracts/descriptions.py knows no SCDL data type for {native!r}: add it to TYPES")
    return TYPES[native]


@cache
def _effects() -> dict[str, str]:
    """What the README's tables say of an action's effect."""
    readme = (ROOM / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[a-z0-9]+\(.*) \| (.*) \| (.*) \|$", readme, re.MULTILINE)
    return {
        name: effect.replace("`", "") for actions, _, effect in rows for name in re.findall(r"`([a-z0-9]+)\(", actions)
    }


def _language_version() -> str:
    lock = json.loads((ROOM / "package-lock.json").read_text(encoding="utf-8"))
    return str(lock["packages"]["node_modules/assemblyscript"]["version"])


if __name__ == "__main__":
    main()
