"""The quirks of an OpenEMS Edge that can be switched on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

NULL_S_MAX = 86_400


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with the Edge at the moment.

    `nulls`: regular expression of channel addresses without a value, "" for none. `jetty_errors`: errors outside
    JSON-RPC as Jetty's HTTP 500 page (from March 2025 on) in place of 401 and 400 with JSON. `throttle`: limits on
    connections, as the real server has them. `offline`: connections are closed without an answer.
    """

    nulls: str = ""
    jetty_errors: bool = False
    throttle: bool = True
    offline: bool = False

    def hides(self, address: str) -> bool:
        """Whether a channel has no value."""
        return bool(self.nulls) and re.fullmatch(self.nulls, address) is not None

    def to_json(self) -> dict[str, Any]:
        return {
            "nulls": self.nulls,
            "jetty_errors": self.jetty_errors,
            "throttle": self.throttle,
            "offline": self.offline,
        }


@dataclass(frozen=True, slots=True)
class CounterBack:
    """A component's counters go back once, by `wh` (not below 0); to 0 when it is None."""

    component: str
    wh: int | None


@dataclass(frozen=True, slots=True)
class Restart:
    """The Edge restarts: no values for `null_s` seconds, then counters `wh` lower than before, or from 0 for None."""

    null_s: int
    wh: int | None


@dataclass(frozen=True, slots=True)
class Orders:
    """What PUT /simulator/faults asks for: the lasting quirks, and those that happen once."""

    faults: Faults
    counter_back: CounterBack | None = None
    restart: Restart | None = None


def parse_faults(body: Any, components: tuple[str, ...]) -> Orders:
    """Reads the whole state of the quirks; what is left out is as usual. ValueError names what is wrong."""
    if not isinstance(body, dict):
        raise ValueError("faults are an object")
    known = {"nulls", "jetty_errors", "throttle", "offline", "counter_back", "restart"}
    if unknown := set(body) - known:
        raise ValueError(f"{', '.join(sorted(unknown))}: not known; there are {', '.join(sorted(known))}")
    flags = {name: body[name] for name in ("jetty_errors", "throttle", "offline") if name in body}
    if wrong := [name for name, value in flags.items() if not isinstance(value, bool)]:
        raise ValueError(f"{', '.join(wrong)}: true or false")
    faults = Faults(nulls=_nulls(body.get("nulls", False)), **flags)
    return Orders(faults, _counter_back(body.get("counter_back"), components), _restart(body.get("restart")))


def _nulls(value: Any) -> str:
    if isinstance(value, bool):
        return ".*" if value else ""
    if not isinstance(value, str):
        raise ValueError('nulls is true, false or a regular expression such as "meter0/.*"')
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"nulls is no regular expression: {error}") from error
    return value


def _counter_back(value: Any, components: tuple[str, ...]) -> CounterBack | None:
    if value is None:
        return None
    if not isinstance(value, dict) or value.get("component") not in components:
        raise ValueError(f'counter_back is {{"component", "wh"}} with one of {", ".join(components)}')
    return CounterBack(value["component"], _wh(value.get("wh"), "counter_back.wh"))


def _restart(value: Any) -> Restart | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise ValueError('restart is {"null_s", "lost_wh"}')
    null_s = value.get("null_s", 5)
    if isinstance(null_s, bool) or not isinstance(null_s, int) or not 0 <= null_s <= NULL_S_MAX:
        raise ValueError(f"restart.null_s is a whole number of seconds up to {NULL_S_MAX}")
    return Restart(null_s, _wh(value.get("lost_wh", 0), "restart.lost_wh"))


def _wh(value: Any, name: str) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        raise ValueError(f"{name} is a whole number of Wh, or null for all of it")
    return value
