"""Four producers on loopback, each a node under its parent, with wires between them that a test can cut."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.chain import nodeos
from deploy.chain.boot import boot
from deploy.chain.consortium import Partner, found
from deploy.chain.governance import Governance, Keyring
from deploy.chain.keys import read_or_create
from services.shared.chain.client import ChainClient
from services.shared.chain.errors import ChainError
from services.shared.chain.model import ChainInfo
from services.shared.wait import wait_until
from tests.integration.chain.support import Chain, ChainNode, ServedProcess, free_port

NAMES = ("partnera", "partnerb", "partnerc", "partnerd")


class Wire:
    """A TCP connection's way to `target` (`host:port`), which can be cut and mended."""

    def __init__(self, target: str) -> None:
        host, port = target.split(":")
        self._target = (host, int(port))
        self._whole = threading.Event()
        self._whole.set()
        self._sockets: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self._whole.clear()
        self._drop()

    def mend(self) -> None:
        self._whole.set()

    def close(self) -> None:
        self._whole.clear()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._drop()

    def _drop(self) -> None:
        with self._lock:
            sockets, self._sockets = self._sockets, set()
        for one in sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                caller, _ = self._listening.accept()
            except OSError:
                return
            try:
                called = socket.create_connection(self._target, 2) if self._whole.is_set() else None
            except OSError:
                called = None
            if called is None:
                caller.close()
                continue
            with self._lock:
                self._sockets |= {caller, called}
            for source, sink in ((caller, called), (called, caller)):
                threading.Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    @staticmethod
    def _pass_on(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


class ProducerNode(ChainNode):
    """One partner's node."""

    def __init__(self, folder: Path, name: str, p2p: str, peers: list[str], genesis: Path | None) -> None:
        self.name = name
        self.folder = folder
        self.p2p = p2p
        self.http = f"127.0.0.1:{free_port()}"
        self.url = f"http://{self.http}"
        folder.mkdir(parents=True, exist_ok=True)
        self.block_key = read_or_create(folder / "producer.key").public_key
        founding = genesis is None
        ServedProcess.__init__(
            self,
            "deploy.chain.node",
            {},
            folder / "node.log",
            *("--data-dir", str(folder), "--http", self.http, "--p2p", p2p),
            *(word for peer in peers for word in ("--peer", peer)),
            *(word for own in (("eosio", name) if founding else (name,)) for word in ("--producer", own)),
            *(() if genesis is None else ("--genesis", str(genesis))),
        )

    @property
    def client(self) -> ChainClient:
        return ChainClient([self.url], 2.0)

    def info(self) -> ChainInfo | None:
        try:
            return self.client.info()
        except ChainError:
            return None

    def begin(self) -> None:
        """Start without waiting for blocks."""
        ServedProcess.start(self)

    def kill_all(self) -> None:
        """The node with `kill -9`, and its parent, which would bring it back."""
        pid = int((self.folder / "nodeos.pid").read_text())
        if self.process is not None:
            self.process.send_signal(signal.SIGSTOP)  # or it would notice first
        os.kill(pid, signal.SIGKILL)
        self.kill()


@dataclass
class Network:
    """The nodes by partner; `wires` from caller to called: those that call run from a later name to an earlier one."""

    nodes: dict[str, ProducerNode]
    wires: dict[tuple[str, str], Wire]
    chain: Chain

    def urls(self, *names: str) -> list[str]:
        return [self.nodes[name].url for name in names or NAMES]

    def heads(self) -> dict[str, ChainInfo]:
        found = {name: node.info() for name, node in self.nodes.items()}
        return {name: info for name, info in found.items() if info is not None}

    def part(self, *names: str) -> None:
        """Cut these nodes off from all others."""
        for (caller, called), wire in self.wires.items():
            if (caller in names) != (called in names):
                wire.cut()

    def join(self) -> None:
        for wire in self.wires.values():
            wire.mend()

    def agree(self, *names: str) -> bool:
        """Whether the nodes' heads lie on one chain, within two blocks of each other."""
        wanted = names or NAMES
        heads = self.heads()
        if set(wanted) - set(heads):
            return False
        numbers = [heads[name].head_block_num for name in wanted]
        common = min(numbers)
        if max(numbers) - common > 2:
            return False
        return len({block_id(self.nodes[name], common) for name in wanted}) == 1

    def final(self) -> int:
        """The last irreversible block that any node knows."""
        return max(info.last_irreversible_block_num for info in self.heads().values())

    def close(self) -> None:
        for node in self.nodes.values():
            node.stop()
        for wire in self.wires.values():
            wire.close()


def block_id(node: ProducerNode, number: int) -> str | None:
    try:
        return node.client.block_id(number)
    except ChainError:
        return None


@contextmanager
def four_producers(folder: Path, say: Callable[[str], None]) -> Iterator[Network]:
    """A booted chain whose partners make the blocks in turn, 12 each (6 s)."""
    nodes: dict[str, ProducerNode] = {}
    wires: dict[tuple[str, str], Wire] = {}
    genesis: Path | None = None
    with contextlib.ExitStack() as opened:
        for name in NAMES:
            p2p = f"127.0.0.1:{free_port()}"
            for other, earlier in nodes.items():
                wire = wires[name, other] = Wire(earlier.p2p)
                opened.callback(wire.close)
            peers = [wires[name, other].address for other in nodes]
            node = nodes[name] = ProducerNode(folder / name, name, p2p, peers, genesis)
            opened.callback(node.stop)
            node.begin()
            genesis = genesis or wait_until(lambda: _genesis(folder / NAMES[0]), 30, what="the genesis")
        first = nodes[NAMES[0]]
        wait_until(lambda: (info := first.info()) is not None and info.head_block_num > 1, 60, what="the first block")
        governance = Governance([first.url], Keyring(folder / "keys"), first.folder / "producer.key")
        boot(governance, nodeos.chain_env(), say)
        found(governance, [Partner(name, node.block_key) for name, node in nodes.items()])
        network = Network(nodes, wires, Chain(first, governance))
        wait_until(network.agree, 30, what="all nodes at one head")
        yield network
        opened.pop_all().close()


def _genesis(folder: Path) -> Path | None:
    file = folder / "genesis.json"
    return file if file.exists() else None
