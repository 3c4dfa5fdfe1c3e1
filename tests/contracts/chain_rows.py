"""Rows of a table as a test compares them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Abi:
    """Which numbers of a row the chain's JSON may carry as text: those that do not fit 32 bits."""

    def __init__(self, abi: Mapping[str, Any]) -> None:
        self._structs = {struct["name"]: struct["fields"] for struct in abi["structs"]}
        self._tables = {table["name"]: table["type"] for table in abi["tables"]}

    def row(self, table: str, row: Mapping[str, Any]) -> dict[str, Any]:
        return self._value(self._tables[table], row)  # type: ignore[no-any-return]

    def _value(self, kind: str, value: Any) -> Any:
        kind = kind.removesuffix("$")
        if kind.endswith("[]"):
            return [self._value(kind[:-2], item) for item in value]
        if kind in self._structs:
            fields = [field for field in self._structs[kind] if field["name"] in value or field["type"][-1] != "$"]
            return {field["name"]: self._value(field["type"], value[field["name"]]) for field in fields}
        if kind.startswith(("uint", "int")):
            return int(value)
        return bool(value) if kind == "bool" else value
