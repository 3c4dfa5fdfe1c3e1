"""OpenEMS Edge over REST and JSON-RPC.

One keep-alive connection (it accepts few), Basic authentication without being asked (it never challenges), and 400,
401, 404 and 500 are all "not ok": which of them comes depends on the version, and the body may be an HTML page.
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import requests

from services.cls_box_logic.errors import OpenEmsUnavailable

_TIMEOUT_S = (2.0, 5.0)


@dataclass(frozen=True, slots=True)
class Component:
    """A component of the Edge; `alias` is a unit's MaStR number or a meter's serial number."""

    id: str
    alias: str
    factory: str


class OpenEms:
    """The Edge of this box. Thread-safe: calls wait for each other, since there is one connection."""

    def __init__(self, base_url: str, password: str) -> None:
        self._base = base_url.rstrip("/")
        self._lock = threading.Lock()
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.auth = ("x", password)

    def values(self, addresses: Iterable[str]) -> dict[str, int | None]:
        """The values of channels ("meter0/ActivePower"), all read in one call; None while one has no value.

        A channel that the Edge does not have is missing in the answer. Raises OpenEmsUnavailable.
        """
        wanted = sorted(set(addresses))
        if not wanted:
            return {}
        parts = [address.partition("/") for address in wanted]
        component = "|".join(sorted({re.escape(part[0]) for part in parts}))
        channel = "|".join(sorted({re.escape(part[2]) for part in parts}))
        answer = self._get(f"/rest/channel/{component}/{channel}")
        entries = answer if isinstance(answer, list) else [answer]
        try:
            found = {entry["address"]: _whole(entry.get("value")) for entry in entries}
        except (KeyError, TypeError, AttributeError) as error:
            raise OpenEmsUnavailable("OpenEMS answered a read with something that holds no channels") from error
        return {address: found[address] for address in wanted if address in found}

    def components(self) -> list[Component]:
        """All components of the Edge (getEdgeConfig). Raises OpenEmsUnavailable."""
        result = self._rpc("getEdgeConfig", {})
        try:
            return [
                Component(name, str(entry.get("alias", "")), str(entry.get("factoryId", "")))
                for name, entry in result["components"].items()
            ]
        except (KeyError, TypeError, AttributeError) as error:
            raise OpenEmsUnavailable("OpenEMS' configuration holds no components") from error

    def write(self, address: str, value: int) -> None:
        """Writes a channel ("ess0/SetActivePowerEquals"); the Edge drops it 60 s later. Raises OpenEmsUnavailable."""
        self._call("POST", f"/rest/channel/{address}", {"value": value})

    def close(self) -> None:
        """Lets go of the connection."""
        self._session.close()

    def _get(self, path: str) -> Any:
        return self._call("GET", path, None)

    def _rpc(self, method: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        answer = self._call("POST", "/jsonrpc", {"method": method, "params": dict(params)})
        if not isinstance(answer, dict) or not isinstance(answer.get("result"), dict):
            raise OpenEmsUnavailable(f"OpenEMS answered {method} without a result")
        return dict(answer["result"])

    def _call(self, method: str, path: str, body: Any) -> Any:
        with self._lock:
            try:
                response = self._send(method, path, body)
            except requests.RequestException as error:
                raise OpenEmsUnavailable(
                    f"OpenEMS does not answer at {self._base} ({type(error).__name__}); see whether it runs"
                ) from error
        if response.status_code != 200:
            raise OpenEmsUnavailable(
                f"OpenEMS answered {response.status_code}; see TBI_OPENEMS_PASSWORD and the components' names"
            )
        try:
            return response.json()
        except ValueError as error:
            raise OpenEmsUnavailable("OpenEMS answered something that is no JSON") from error

    def _send(self, method: str, path: str, body: Any) -> requests.Response:
        """Tries again once: a kept connection may have been closed by the Edge just before it was used.

        Only reads and set-points are sent here, so a repeat does no harm.
        """
        try:
            return self._session.request(method, self._base + path, json=body, timeout=_TIMEOUT_S)
        except requests.ConnectionError:
            return self._session.request(method, self._base + path, json=body, timeout=_TIMEOUT_S)


def _whole(value: Any) -> int | None:
    """Counters and powers are whole numbers; some components write 12.0 or 12.5, of which the fraction is left out.

    What is no number is no value of this channel's ("UNDEFINED", NaN): the others are none the worse for it.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return math.floor(value)
