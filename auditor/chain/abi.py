"""Actions' data by the ABI that stands on the chain (`setabi`): eosio, abi_def.hpp."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from auditor.settlement.wire import Reader, WireError

_DEEPEST: Final = 16


@dataclass(frozen=True, slots=True)
class Asset:
    """`amount` in the smallest unit of `symbol`."""

    amount: int
    symbol: str
    decimals: int

    def __str__(self) -> str:
        return f"{self.amount} x 1e-{self.decimals} {self.symbol}"


def _asset(reader: Reader) -> Asset:
    amount, decimals = reader.integer(8, signed=True), reader.integer(1)
    return Asset(amount, reader.take(7).rstrip(b"\0").decode("ascii"), decimals)


def _text(reader: Reader) -> str:
    return reader.prefixed().decode("utf-8", "backslashreplace")


def _integer(reader: Reader, size: int, signed: bool) -> int:
    return reader.integer(size, signed)


_PLAIN: Final[Mapping[str, Callable[[Reader], Any]]] = {
    **{f"uint{size * 8}": partial(_integer, size=size, signed=False) for size in (1, 2, 4, 8, 16)},
    **{f"int{size * 8}": partial(_integer, size=size, signed=True) for size in (1, 2, 4, 8, 16)},
    "bool": lambda reader: bool(reader.integer(1)),
    "varuint32": lambda reader: reader.varuint32(),
    "name": lambda reader: reader.name(),
    "string": _text,
    "bytes": lambda reader: reader.prefixed(),
    "checksum256": lambda reader: reader.take(32).hex(),
    "public_key": lambda reader: reader.public_key(),
    "asset": _asset,
    "symbol": lambda reader: reader.take(8),
}


@dataclass(frozen=True, slots=True)
class Abi:
    """`actions`: name -> its struct; `structs`: name -> the base and the fields (name, type)."""

    types: Mapping[str, str]
    structs: Mapping[str, tuple[str, tuple[tuple[str, str], ...]]]
    actions: Mapping[str, str]

    @classmethod
    def unpack(cls, packed: bytes) -> Abi:
        """Raises WireError. What stands behind the actions (tables, clauses) is not looked at."""
        reader = Reader(packed)
        _text(reader)
        types = {_text(reader): _text(reader) for _ in range(reader.varuint32())}
        structs = {}
        for _ in range(reader.varuint32()):
            name, base = _text(reader), _text(reader)
            structs[name] = (base, tuple((_text(reader), _text(reader)) for _ in range(reader.varuint32())))
        actions = {}
        for _ in range(reader.varuint32()):
            called = reader.name()
            actions[called] = _text(reader)
            _text(reader)
        return cls(types, structs, actions)

    def decode(self, action: str, data: bytes) -> dict[str, Any]:
        """The action's fields. Raises WireError for an action it does not have, and for data of another shape."""
        if action not in self.actions:
            raise WireError(f"the ABI has no action {action}")
        reader = Reader(data)
        found = self._value(self.actions[action], reader, 0)
        reader.end()
        return dict(found)

    def _value(self, kind: str, reader: Reader, depth: int) -> Any:
        if depth > _DEEPEST:
            raise WireError(f"the type {kind} is nested too deep")
        if kind.endswith("[]"):
            return [self._value(kind[:-2], reader, depth + 1) for _ in range(reader.varuint32())]
        if kind.endswith("?"):
            return self._value(kind[:-1], reader, depth + 1) if reader.integer(1) else None
        if kind in self.types:
            return self._value(self.types[kind], reader, depth + 1)
        if kind in _PLAIN:
            return _PLAIN[kind](reader)
        if kind not in self.structs:
            raise WireError(f"the type {kind} is not known")
        base, fields = self.structs[kind]
        found: dict[str, Any] = self._value(base, reader, depth + 1) if base else {}
        for field, of in fields:
            if of.endswith("$") and reader.is_at_end:
                break  # a binary extension: whoever packed by the version before has left it out, and all after it
            found[field] = self._value(of.removesuffix("$"), reader, depth + 1)
        return found
