"""Reading the chain: info, ABIs, tables, blocks, transactions. Everything is decoded here, by the contracts' ABIs."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from services.shared.chain.abi import Abi
from services.shared.chain.errors import AbiError, ChainError, ChainUnavailable, NotFound, TracesWrong
from services.shared.chain.link import Link
from services.shared.chain.model import ChainInfo, Page, Trace, epoch_seconds
from services.shared.chain.nodes import NodeState
from services.shared.chain.rpc import NodeRpc

_ABI_KEPT_S = 60.0
_PAGE = 500
_T = TypeVar("_T")


@dataclass(frozen=True)
class KeptAbi:
    """`read_at`: on the monotonic clock; `digest`: empty until it was asked for."""

    read_at: float
    abi: Abi
    digest: str


class ChainReader:
    """Thread-safe."""

    def __init__(
        self,
        urls: Sequence[str],
        timeout_s: float = 5.0,
        *,
        chain_id: str | None = None,
        check_s: float = 5.0,
        link: Link | None = None,
    ) -> None:
        self._rpc = NodeRpc(urls, timeout_s, chain_id=chain_id, check_s=check_s, link=link)
        self._abis: dict[str, KeptAbi] = {}
        self._abis_lock = threading.Lock()

    def one_node(self) -> AbstractContextManager[None]:
        """Inside, this thread reads from one node only, so that what it reads fits together."""
        return self._rpc.one_node()

    def nodes(self) -> list[NodeState]:
        """Each configured node as it is now."""
        return self._rpc.states()

    def info(self) -> ChainInfo:
        return ChainInfo.of(self._rpc.call("/v1/chain/get_info"))

    def account(self, name: str) -> dict[str, Any]:
        """The node's `get_account`. Raises NotFound."""
        return self._rpc.call("/v1/chain/get_account", {"account_name": name})

    def abi(self, account: str) -> Abi:
        """The contract's ABI, kept for a minute, and on while the node says that it is the same.

        An ABI is many times as large as the answer that it did not change, which counts on a box's narrow link. Raises
        NotFound when the account carries none.
        """
        with self._abis_lock:
            kept = self._abis.get(account)
        if kept is not None and time.monotonic() - kept.read_at < _ABI_KEPT_S:
            return kept.abi
        digest = self._abi_digest(account, kept)  # read before the ABI, so that it is never the newer one of the two
        if kept is None or not digest or digest != kept.digest:
            definition = self._rpc.call("/v1/chain/get_abi", {"account_name": account}).get("abi")
            if definition is None:
                raise NotFound(f"the account {account} carries no contract")
            kept = KeptAbi(0.0, Abi(definition), digest)
        with self._abis_lock:
            self._abis[account] = replace(kept, read_at=time.monotonic())
        return kept.abi

    def _abi_digest(self, account: str, kept: KeptAbi | None) -> str:
        """The ABI's digest as the node has it now; nothing when the ABI is read for the first time anyway."""
        if kept is None:
            return ""
        wanted = {"account_name": account, **({"abi_hash": kept.digest} if kept.digest else {})}
        return str(self._rpc.call("/v1/chain/get_raw_abi", wanted).get("abi_hash", ""))

    def forget_abi(self, account: str) -> None:
        with self._abis_lock:
            self._abis.pop(account, None)

    def by_abi(self, account: str, use: Callable[[Abi], _T]) -> _T:
        """`use` of the ABI; once more with a fresh one when it does not fit, for the contract may be a new one."""
        try:
            return use(self.abi(account))
        except AbiError:
            self.forget_abi(account)
            return use(self.abi(account))

    def pack_action(self, account: str, name: str, data: Mapping[str, Any]) -> bytes:
        return self.by_abi(account, lambda abi: abi.pack_action(name, data))

    def rows(
        self,
        contract: str,
        scope: str,
        table: str,
        *,
        lower: int | str | None = None,
        upper: int | str | None = None,
        index: int = 1,
        key_type: str = "i64",
        limit: int | None = None,
        reverse: bool = False,
    ) -> list[dict[str, Any]]:
        """All rows between the bounds (inclusive), at most `limit`, in the order of the index.

        `index` 1 is the primary one. `key_type` says how the bounds are written: "i64" numbers, "name" names,
        "sha256" hex.
        """
        rows: list[dict[str, Any]] = []
        while limit is None or len(rows) < limit:
            size = _PAGE if limit is None else min(_PAGE, limit - len(rows))
            page = self.page(
                contract,
                scope,
                table,
                lower=lower,
                upper=upper,
                index=index,
                key_type=key_type,
                limit=size,
                reverse=reverse,
            )
            rows += page.rows
            if page.next_key is None:
                break
            lower, upper = (lower, page.next_key) if reverse else (page.next_key, upper)
        return rows

    def page(
        self,
        contract: str,
        scope: str,
        table: str,
        *,
        lower: int | str | None = None,
        upper: int | str | None = None,
        index: int = 1,
        key_type: str = "i64",
        limit: int = _PAGE,
        reverse: bool = False,
    ) -> Page:
        """At most `limit` rows. `next_key` is the next page's `lower` (with `reverse`: its `upper`)."""
        answer = self._rpc.call(
            "/v1/chain/get_table_rows",
            {
                "code": contract,
                "scope": scope,
                "table": table,
                "json": False,
                "lower_bound": "" if lower is None else str(lower),
                "upper_bound": "" if upper is None else str(upper),
                "index_position": str(index),
                "key_type": key_type,
                "limit": limit,
                "reverse": reverse,
            },
        )
        rows = [bytes.fromhex(row) for row in answer["rows"]]
        decoded = self.by_abi(contract, lambda abi: [abi.unpack_row(table, row) for row in rows])
        return Page(decoded, str(answer["next_key"]) if answer["more"] else None)

    def scopes(self, contract: str, table: str) -> list[str]:
        """The scopes in which the table has rows, ascending."""
        found: list[str] = []
        lower = ""
        while True:
            wanted = {"code": contract, "table": table, "lower_bound": lower, "limit": _PAGE}
            answer = self._rpc.call("/v1/chain/get_table_by_scope", wanted)
            found += [row["scope"] for row in answer["rows"]]
            lower = str(answer["more"])
            if not lower:
                return found

    def transaction(self, transaction_id: str) -> Trace | None:
        """The transaction in its block, or None when it is in none that the node knows.

        The traces of a node that was killed may tell of a block that it lost: another one, of another time, stands at
        that height then.
        """
        with self.one_node():
            try:
                trace = self._trace(self._rpc.call("/v1/trace_api/get_transaction_trace", {"id": transaction_id}))
                block = self._header(trace.block_num)
            except NotFound:
                return None
        if epoch_seconds(block["timestamp"]) != trace.block_time:
            return None
        return replace(trace, block_id=str(block["id"]))

    def block_id(self, number: int) -> str:
        """The id of the block that stands at this height on the node's own chain. Raises NotFound."""
        return str(self._header(number)["id"])

    def block(self, number: int) -> dict[str, Any]:
        """{"number", "id", "previous_id", "irreversible", "time", "producer", "transactions": [Trace]}.

        Raises NotFound.
        """
        answer = self._raw_block(number)
        return {
            "number": answer["number"],
            "id": answer["id"],
            "previous_id": answer["previous_id"],
            "irreversible": answer["status"] == "irreversible",
            "time": epoch_seconds(answer["timestamp"]),
            "producer": answer["producer"],
            "transactions": [self._trace(transaction) for transaction in answer["transactions"]],
        }

    def block_of_any_node(self, number: int) -> dict[str, Any] | None:
        """Of the first node that has its trace; None when none of those that answer has. For irreversible blocks."""
        for _ in self._rpc.each_node():
            with contextlib.suppress(ChainUnavailable, NotFound):
                return self.block(number)
        return None

    def place_among(self, transaction_id: str, since: float, until: float) -> tuple[int, str] | None:
        """(number, id) of the irreversible block of these times (seconds since the epoch) that carries it; None: none.

        Raises ChainUnavailable when that cannot be said: no node has passed `until` irreversibly and has all traces of
        that time. A node's index of transactions is not asked: after a fork it may name a block that is no more.
        """
        for _ in self._rpc.each_node():
            with contextlib.suppress(ChainUnavailable, NotFound):
                info = self.info()
                if info.last_irreversible_block_time > until:
                    first = self._first_block_since(since, info.last_irreversible_block_num)
                    return self._place_from(transaction_id, first, until)
        raise ChainUnavailable(f"no node has all blocks in which {transaction_id} may stand")

    def _first_block_since(self, moment: float, last: int) -> int:
        low, high = 2, last
        while low < high:
            middle = (low + high) // 2
            made = epoch_seconds(self._header(middle)["timestamp"])
            low, high = (middle + 1, high) if made < moment else (low, middle)
        return low

    def _place_from(self, transaction_id: str, first: int, until: float) -> tuple[int, str] | None:
        for number in itertools.count(first):
            block = self._raw_block(number)
            if block["id"] != self.block_id(number):
                raise TracesWrong(number)
            if epoch_seconds(block["timestamp"]) > until:
                break
            if any(transaction["id"] == transaction_id for transaction in block["transactions"]):
                return number, str(block["id"])
        return None

    def _header(self, number: int) -> dict[str, Any]:
        return self._rpc.call("/v1/chain/get_block_info", {"block_num": number})

    def _raw_block(self, number: int) -> dict[str, Any]:
        return self._rpc.call("/v1/trace_api/get_block", {"block_num": number})

    def _trace(self, answer: Mapping[str, Any]) -> Trace:
        actions = sorted(answer["actions"], key=lambda action: int(action["global_sequence"]))
        return Trace(
            transaction_id=answer["id"],
            block_num=answer["block_num"],
            block_time=epoch_seconds(answer["block_time"]),
            actions=[self._decoded(action) for action in actions],
        )

    def _decoded(self, action: Mapping[str, Any]) -> dict[str, Any]:
        """`data` is decoded, or stays hex where no ABI fits: what is on the chain need not fit today's contract."""
        account, name = action["account"], action["action"]
        data: Any = action["data"]
        with contextlib.suppress(ChainError):
            data = self.abi(account).unpack_action(name, bytes.fromhex(action["data"]))
        return {
            "global_sequence": int(action["global_sequence"]),
            "receiver": action["receiver"],
            "account": account,
            "name": name,
            "authorization": [(level["account"], level["permission"]) for level in action["authorization"]],
            "data": data,
            "return_value": action.get("return_value", ""),
        }
