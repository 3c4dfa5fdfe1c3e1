"""Whose key is whose, at any moment: accounts' permissions, from the chain's own actions (eosio, authority.hpp)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from auditor.settlement.receipts import Act
from auditor.settlement.wire import Reader, one_form

_DEEPEST: Final = 6
Level = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Authority:
    """Who together reach `threshold`: keys, and other accounts' permissions, each with its weight."""

    threshold: int
    keys: tuple[tuple[str, int], ...] = ()
    accounts: tuple[tuple[Level, int], ...] = ()

    @classmethod
    def read(cls, reader: Reader) -> Authority:
        threshold = reader.integer(4)
        keys = tuple((reader.public_key(), reader.integer(2)) for _ in range(reader.varuint32()))
        accounts = tuple(((reader.name(), reader.name()), reader.integer(2)) for _ in range(reader.varuint32()))
        for _ in range(reader.varuint32()):
            reader.take(4 + 2)  # a wait: time, which no signature replaces
        return cls(threshold, keys, accounts)

    @property
    def single_key(self) -> str:
        """The key that suffices by itself; empty when there is none, or more than one."""
        enough = [key for key, weight in self.keys if weight >= self.threshold]
        return enough[0] if len(enough) == 1 else ""


@dataclass
class Holding:
    """That a key was in an account's permission, from a block on; `until`: 0 while it is."""

    account: str
    permission: str
    since: int
    until: int = 0

    def __str__(self) -> str:
        span = f"blocks {self.since} to {self.until}" if self.until else f"block {self.since} on"
        return f"{self.account}@{self.permission} from {span}"


class Authorities:
    """The permissions of all accounts. `apply` is given every native action, in the order of execution."""

    def __init__(self, first_key: str) -> None:
        self._permissions: dict[Level, Authority] = {}
        self._holdings: dict[str, list[Holding]] = {}
        first = one_form(first_key)
        for permission in ("owner", "active"):
            self._set(("eosio", permission), Authority(1, ((first, 1),)), 1)
        self.changed: dict[str, str] = {"eosio": first}
        """Accounts of which `active` has changed since this was last emptied -> the key that satisfies it by itself."""

    def apply(self, act: Act, block: int) -> None:
        """`block`: the number of the block in which it was executed."""
        reader = Reader(act.data)
        if act.name == "newaccount":
            reader.name()
            name = reader.name()
            for permission in ("owner", "active"):
                self._set((name, permission), Authority.read(reader), block)
            self.changed[name] = self._permissions[name, "active"].single_key
        elif act.name == "updateauth":
            name, permission = reader.name(), reader.name()
            reader.name()
            self._set((name, permission), Authority.read(reader), block)
            if permission == "active":
                self.changed[name] = self._permissions[name, "active"].single_key
        elif act.name == "deleteauth":
            self._set((reader.name(), reader.name()), None, block)

    def _set(self, level: Level, authority: Authority | None, block: int) -> None:
        before, after = self._permissions.pop(level, None), authority
        had, has = ({key for key, _ in one.keys} if one else set() for one in (before, after))
        for key in had - has:
            next(
                held for held in self._holdings[key] if (held.account, held.permission, held.until) == (*level, 0)
            ).until = block
        for key in sorted(has - had):
            self._holdings.setdefault(key, []).append(Holding(*level, block))
        if after is not None:
            self._permissions[level] = after

    def holdings(self, key: str) -> tuple[Holding, ...]:
        """All permissions that the key was in, ever; none: a stranger's."""
        return tuple(self._holdings.get(key, ()))

    def keys_of(self, level: Level) -> frozenset[str]:
        """All keys that can take part in satisfying a permission."""
        return frozenset(self._keys(level, 0))

    def _keys(self, level: Level, depth: int) -> Iterator[str]:
        authority = self._permissions.get(level)
        if authority is None or depth > _DEEPEST:
            return
        yield from (key for key, _ in authority.keys)
        for other, _ in authority.accounts:
            yield from self._keys(other, depth + 1)

    def is_satisfied(self, level: Level, keys: frozenset[str], depth: int = 0) -> bool:
        """Whether these keys suffice for a permission."""
        authority = self._permissions.get(level)
        if authority is None or depth > _DEEPEST:
            return False
        weight = sum(weight for key, weight in authority.keys if key in keys)
        weight += sum(weight for other, weight in authority.accounts if self.is_satisfied(other, keys, depth + 1))
        return weight >= authority.threshold
