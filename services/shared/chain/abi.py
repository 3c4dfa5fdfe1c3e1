"""Pack and unpack by a contract's ABI (JSON form): structs with bases, typedefs, variants, `?`, `[]`, `$`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from services.shared.chain.errors import AbiError
from services.shared.chain.wire import PACK, READ, Reader, varuint32

_MAX_DEPTH: Final = 32


class Abi:
    """One contract's types. Immutable, so that threads may share it."""

    def __init__(self, definition: Mapping[str, Any]) -> None:
        self._typedefs = {t["new_type_name"]: t["type"] for t in definition.get("types") or []}
        self._structs = {s["name"]: s for s in definition.get("structs") or []}
        self._variants = {v["name"]: v["types"] for v in definition.get("variants") or []}
        self._actions = {a["name"]: a["type"] for a in definition.get("actions") or []}
        self._tables = {t["name"]: t["type"] for t in definition.get("tables") or []}
        self._results = {r["name"]: r["result_type"] for r in definition.get("action_results") or []}

    @property
    def actions(self) -> frozenset[str]:
        return frozenset(self._actions)

    @property
    def tables(self) -> frozenset[str]:
        return frozenset(self._tables)

    def pack_action(self, action: str, data: Mapping[str, Any]) -> bytes:
        return self.pack(self._lookup(self._actions, action, "action"), data)

    def unpack_action(self, action: str, data: bytes) -> dict[str, Any]:
        value: dict[str, Any] = self.unpack(self._lookup(self._actions, action, "action"), data)
        return value

    def unpack_row(self, table: str, data: bytes) -> dict[str, Any]:
        """Bytes beyond the row's type are left unread, as the node does: a newer contract may have written them."""
        value: dict[str, Any] = self._read(self._lookup(self._tables, table, "table"), Reader(data), 0)
        return value

    def unpack_result(self, action: str, data: bytes) -> Any:
        return self.unpack(self._results[action], data) if action in self._results else data.hex()

    @staticmethod
    def _lookup(names: Mapping[str, str], name: str, what: str) -> str:
        if name not in names:
            raise AbiError(f"the ABI has no {what} {name!r}")
        return names[name]

    def pack(self, type_name: str, value: Any) -> bytes:
        return self._pack(type_name, value, 0)

    def unpack(self, type_name: str, data: bytes) -> Any:
        """Raises AbiError when bytes are missing or left over."""
        reader = Reader(data)
        value = self._read(type_name, reader, 0)
        if reader.left:
            raise AbiError(f"{reader.left} bytes are left over after {type_name}")
        return value

    def _pack(self, type_name: str, value: Any, depth: int) -> bytes:  # noqa: PLR0911 - one for each kind of type
        if depth > _MAX_DEPTH:
            raise AbiError(f"{type_name} is nested too deeply")
        if type_name.endswith("$"):
            return self._pack(type_name[:-1], value, depth)
        if type_name.endswith("?"):
            return b"\0" if value is None else b"\1" + self._pack(type_name[:-1], value, depth + 1)
        if type_name.endswith("[]"):
            if not isinstance(value, list | tuple):
                raise AbiError(f"{type_name} wants a list, not {value!r:.40}")
            return varuint32(len(value)) + b"".join(self._pack(type_name[:-2], v, depth + 1) for v in value)
        if type_name in PACK:
            return PACK[type_name](value)
        if type_name in self._typedefs:
            return self._pack(self._typedefs[type_name], value, depth + 1)
        if type_name in self._variants:
            return self._pack_variant(type_name, value, depth)
        if type_name in self._structs:
            return self._pack_struct(type_name, value, depth)
        raise AbiError(f"the ABI has no type {type_name!r}")

    def _pack_variant(self, type_name: str, value: Any, depth: int) -> bytes:
        types = self._variants[type_name]
        if not isinstance(value, list | tuple) or len(value) != 2 or value[0] not in types:
            raise AbiError(f"{type_name} wants [type, value] with a type of {', '.join(types)}")
        return varuint32(types.index(value[0])) + self._pack(value[0], value[1], depth + 1)

    def _pack_struct(self, type_name: str, value: Any, depth: int) -> bytes:
        if not isinstance(value, Mapping):
            raise AbiError(f"{type_name} wants an object, not {value!r:.40}")
        fields = self.fields(type_name)
        unknown = set(value) - {name for name, _ in fields}
        if unknown:
            raise AbiError(f"{type_name} has no field {', '.join(sorted(map(str, unknown)))}")
        parts: list[bytes] = []
        ended = False
        for name, field_type in fields:
            if name not in value and field_type.endswith("$"):
                ended = True
                continue
            if name not in value and not field_type.endswith("?"):
                raise AbiError(f"{type_name}.{name} is missing")
            if ended:
                raise AbiError(f"{type_name}.{name} follows an extension that is left out")
            try:
                parts.append(self._pack(field_type, value.get(name), depth + 1))
            except AbiError as error:
                raise AbiError(f"{name}: {error}") from None
        return b"".join(parts)

    def fields(self, struct: str) -> list[tuple[str, str]]:
        """(name, type) of a struct's fields, its bases' first."""
        chain: list[str] = []
        while struct:
            if struct in chain or struct not in self._structs:
                raise AbiError(f"the ABI's struct {struct!r} is missing or its own base")
            chain.append(struct)
            base = self._structs[struct].get("base", "")
            struct = self._typedefs.get(base, base)
        return [(f["name"], f["type"]) for name in reversed(chain) for f in self._structs[name]["fields"]]

    def _read(self, type_name: str, reader: Reader, depth: int) -> Any:  # noqa: PLR0911 - one for each kind of type
        if depth > _MAX_DEPTH:
            raise AbiError(f"{type_name} is nested too deeply")
        if type_name.endswith("$"):
            return self._read(type_name[:-1], reader, depth)
        if type_name.endswith("?"):
            return self._read(type_name[:-1], reader, depth + 1) if reader.take(1) != b"\0" else None
        if type_name.endswith("[]"):
            return self._read_list(type_name[:-2], reader, depth)
        if type_name in READ:
            return READ[type_name](reader)
        if type_name in self._typedefs:
            return self._read(self._typedefs[type_name], reader, depth + 1)
        if type_name in self._variants:
            return self._read_variant(type_name, reader, depth)
        if type_name in self._structs:
            return self._read_struct(type_name, reader, depth)
        raise AbiError(f"the ABI has no type {type_name!r}")

    def _read_list(self, item_type: str, reader: Reader, depth: int) -> list[Any]:
        count = reader.varuint32()
        if count > reader.left:
            raise AbiError(f"a list of {count} in {reader.left} bytes")
        return [self._read(item_type, reader, depth + 1) for _ in range(count)]

    def _read_variant(self, type_name: str, reader: Reader, depth: int) -> list[Any]:
        types = self._variants[type_name]
        index = reader.varuint32()
        if index >= len(types):
            raise AbiError(f"{type_name} has no alternative {index}")
        return [types[index], self._read(types[index], reader, depth + 1)]

    def _read_struct(self, type_name: str, reader: Reader, depth: int) -> dict[str, Any]:
        value = {}
        for name, field_type in self.fields(type_name):
            if field_type.endswith("$") and not reader.left:
                break
            value[name] = self._read(field_type, reader, depth + 1)
        return value


def _struct(name: str, *fields: str) -> dict[str, Any]:
    return {"name": name, "fields": [dict(zip(("name", "type"), f.split(":"), strict=True)) for f in fields]}


# What `setabi` carries: an ABI in binary (eosio, libraries/chain/include/eosio/chain/abi_def.hpp).
_SCHEMA: Final = Abi(
    {
        "structs": [
            _struct("type_def", "new_type_name:string", "type:string"),
            _struct("field_def", "name:string", "type:string"),
            _struct("struct_def", "name:string", "base:string", "fields:field_def[]"),
            _struct("action_def", "name:name", "type:string", "ricardian_contract:string"),
            _struct(
                "table_def", "name:name", "index_type:string", "key_names:string[]", "key_types:string[]", "type:string"
            ),
            _struct("clause_pair", "id:string", "body:string"),
            _struct("error_message", "error_code:uint64", "error_msg:string"),
            _struct("extension", "type:uint16", "data:bytes"),
            _struct("variant_def", "name:string", "types:string[]"),
            _struct("action_result_def", "name:name", "result_type:string"),
            _struct(
                "abi_def",
                "version:string",
                "types:type_def[]",
                "structs:struct_def[]",
                "actions:action_def[]",
                "tables:table_def[]",
                "ricardian_clauses:clause_pair[]",
                "error_messages:error_message[]",
                "abi_extensions:extension[]",
                "variants:variant_def[]$",
                "action_results:action_result_def[]$",
            ),
        ]
    }
)
_DEFAULTS: Final[dict[str, Any]] = {
    "base": "",
    "ricardian_contract": "",
    "index_type": "i64",
    "key_names": [],
    "key_types": [],
}


def pack_abi(definition: Mapping[str, Any]) -> bytes:
    """The binary form of an ABI's JSON, for `eosio::setabi`. Parts that the JSON leaves out are empty."""
    full: dict[str, Any] = {"version": definition.get("version", "eosio::abi/1.1")}
    for name, field_type in _SCHEMA.fields("abi_def")[1:]:
        item = field_type.removesuffix("$").removesuffix("[]")
        full[name] = [_completed(item, value) for value in definition.get(name) or []]
    return _SCHEMA.pack("abi_def", full)


def _completed(struct: str, value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value[name] if name in value else _DEFAULTS.get(name) for name, _ in _SCHEMA.fields(struct)}


def unpack_abi(data: bytes) -> dict[str, Any]:
    value: dict[str, Any] = _SCHEMA.unpack("abi_def", data)
    return value
