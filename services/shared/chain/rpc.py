"""HTTP to a list of nodes that carry the same chain: the best that answers serves (nodes.py says which is the best)."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import requests

from services.shared.chain.errors import ChainError, ChainUnavailable, NotFound, from_node
from services.shared.chain.link import Link
from services.shared.chain.model import ChainInfo
from services.shared.chain.nodes import Nodes, NodeState

_PROBE_S = 1.5


class NodeRpc:
    """Thread-safe. Every call of ours may be repeated: reads change nothing, a transaction is known by its id."""

    def __init__(
        self,
        urls: Sequence[str],
        timeout_s: float,
        *,
        chain_id: str | None = None,
        check_s: float = 5.0,
        link: Link | None = None,
    ) -> None:
        if not urls:
            raise ValueError("the chain client needs at least one URL of a node")
        self._timeout_s = timeout_s
        self._link = link
        self._nodes = Nodes([url.rstrip("/") for url in urls], self._ask_about, chain_id=chain_id, check_s=check_s)
        self._thread = threading.local()

    def call(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The node's JSON. Raises ChainUnavailable when no node answers, else the error that the node names."""
        reasons: list[str] = []
        silent: set[int] = set()
        for index in self._order():
            try:
                answer = self._post(self._nodes.url(index) + path, body or {})
                value = answer.json()
            except requests.RequestException as error:
                reasons.append(f"{self._nodes.url(index)}: {type(error).__name__}")
                silent.add(index)
                continue
            busy = self._judge(index, answer.status_code, value, silent)
            if busy is None:
                self._keep_to(index, silent)
                return dict(value)
            reasons.append(f"{self._nodes.url(index)}: {busy}")
        self._note_silence(silent)
        raise ChainUnavailable(f"no node of the chain answers ({reasons[-1] if reasons else 'all are of another one'})")

    @contextmanager
    def one_node(self) -> Iterator[None]:
        """Inside, this thread's calls all go to one node: what two nodes say need not fit together.

        A call raises ChainUnavailable when that node falls silent, although another one may answer.
        """
        outermost = not self._is_bound
        self._thread.bound = True
        try:
            yield
        finally:
            if outermost:
                self._thread.bound, self._thread.node = False, None

    def each_node(self) -> Iterator[None]:
        """For every node that may answer, the best first: this thread's calls go to it until the next one's turn."""
        before = (self._is_bound, getattr(self._thread, "node", None))
        try:
            for index in self._nodes.order():
                self._thread.bound, self._thread.node = True, index
                yield
        finally:
            self._thread.bound, self._thread.node = before

    def states(self) -> list[NodeState]:
        """Each node as it is now."""
        return self._nodes.states()

    @property
    def _is_bound(self) -> bool:
        return getattr(self._thread, "bound", False)

    def _order(self) -> list[int]:
        node: int | None = getattr(self._thread, "node", None) if self._is_bound else None
        return self._nodes.order() if node is None else [node]

    def _judge(self, index: int, status: int, value: Any, unanswered: set[int]) -> _BusyError | None:
        """None for an answer; an error that another node may not have; raises what the chain says."""
        if status < 400 and isinstance(value, dict):
            return None
        refusal = _error(status, value)
        if isinstance(refusal, _BusyError):
            return refusal
        self._keep_to(index, unanswered)
        refusal.uncertain = bool(unanswered) or self._nodes.is_behind(index)
        raise refusal

    def _keep_to(self, index: int, silent: set[int]) -> None:
        self._note_silence(silent)
        self._nodes.served(index)
        if self._is_bound:
            self._thread.node = index

    def _note_silence(self, silent: set[int]) -> None:
        for index in silent:
            self._nodes.fell_silent(index)

    def _ask_about(self, url: str) -> ChainInfo | None:
        try:
            with self._new_session() as session:
                answer = session.post(f"{url}/v1/chain/get_info", json={}, timeout=min(self._timeout_s, _PROBE_S))
            return ChainInfo.of(answer.json()) if answer.ok else None
        except (requests.RequestException, LookupError, TypeError, ValueError):
            return None

    def _post(self, url: str, body: Mapping[str, Any]) -> requests.Response:
        """Twice at most: a kept connection that the node closed fails once, on a node that is well."""
        try:
            return self._session().post(url, json=body, timeout=self._timeout_s)
        except requests.Timeout:
            raise
        except requests.ConnectionError:
            return self._session().post(url, json=body, timeout=self._timeout_s)

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._thread, "session", None)
        if session is None:
            session = self._thread.session = self._new_session()
        return session

    def _new_session(self) -> requests.Session:
        session = requests.Session()
        if self._link is not None:
            self._link.use(session)
        return session


class _BusyError(ChainError):
    """An answer that another node may give better."""


def _error(status: int, value: Any) -> ChainError:
    error = value.get("error") if isinstance(value, dict) else None
    if isinstance(error, dict) and error.get("code"):
        return from_node(error)
    message = str(value.get("message", value)) if isinstance(value, dict) else str(value)
    if status == 404:
        return NotFound(message)
    return (
        _BusyError(f"{status} {message}") if status in (429, 500, 502, 503, 504) else ChainError(f"{status} {message}")
    )
