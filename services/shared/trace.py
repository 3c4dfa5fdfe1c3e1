"""Which request, of whom, a piece of work belongs to: W3C Trace Context, from the gateway to a box's TPM.

A request carries `traceparent: 00-<trace>-<span>-01` (https://www.w3.org/TR/trace-context/). Whoever takes it in begins
a span of his own in the same trace; whoever calls somebody passes it on; every line of the log names both. A piece of
work that nobody asked for (a keeper's round, an event of the chain) begins a trace of its own when it calls somebody.
"""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import Final

HEADER: Final = "traceparent"
_FORM: Final = re.compile(r"^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?$")


@dataclass(frozen=True, slots=True)
class Span:
    """`trace_id`: 32 hex digits, of the whole; `span_id`: 16, of this part; `parent_id`: of who asked for it."""

    trace_id: str
    span_id: str
    parent_id: str | None = None

    @property
    def traceparent(self) -> str:
        """As a header's value."""
        return f"00-{self.trace_id}-{self.span_id}-01"


_current: ContextVar[Span | None] = ContextVar("span", default=None)


def begin(traceparent: str | None) -> Token[Span | None]:
    """A span for what begins now: in the trace that the header tells, else in a new one. `end` takes the token."""
    known = _FORM.match(traceparent or "")
    if known is None or set(known[1]) == {"0"} or set(known[2]) == {"0"}:
        return _current.set(Span(secrets.token_hex(16), secrets.token_hex(8)))
    return _current.set(Span(known[1], secrets.token_hex(8), known[2]))


def end(token: Token[Span | None]) -> None:
    """What was before `begin` holds again."""
    _current.reset(token)


def current() -> Span | None:
    """The span of this piece of work; None where nobody asked for it."""
    return _current.get()


def begun() -> Span:
    """The span of this piece of work, or a new one where nobody asked for it."""
    return _current.get() or Span(secrets.token_hex(16), secrets.token_hex(8))


def header() -> dict[str, str]:
    """What a call to somebody carries."""
    return {HEADER: begun().traceparent}
