"""Calls to another service through its generated client: what all of them have in common.

    register = Neighbour(mastr_connector, MastrConnectorApi, url, header=tokens.header)
    unit = register.call(lambda api, how: api.get_unit(mastr_nr, **how))

Whatever can go wrong becomes one of three errors, of which each adapter makes its own. On the cloud side only: within a
box adapters are written by hand (docs/adr/0012).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

import urllib3

from services.shared import trace
from services.shared.web.service_token import ServiceTokenUnavailable

A = TypeVar("A")
R = TypeVar("R")
How = Mapping[str, Any]
Header = Callable[[], Mapping[str, str]]

TIMEOUT_S = (2.0, 10.0)
_API_PATH = "/api/v1"
_CONNECTIONS = 64
_log = logging.getLogger(__name__)


class NeighbourError(Exception):
    """The base of the three. The text is a clause, without the neighbour's name."""


class NeighbourSilent(NeighbourError):  # noqa: N818 - it says what is
    """No answer came, or nobody gave a token to ask with: the same may be asked again."""


class NeighbourRefused(NeighbourError):  # noqa: N818 - it says what is
    """The answer is an error. `problem` is its body, empty where that is no problem of this status."""

    def __init__(self, status: int, problem: Mapping[str, Any], retry_after: str | None = None) -> None:
        super().__init__(str(problem.get("detail") or f"it answered {status}"))
        self.status = status
        self.problem = problem
        self.retry_after = retry_after


class NeighbourWrong(NeighbourError):  # noqa: N818 - it says what is
    """The answer is not what the neighbour's document says."""


class Neighbour(Generic[A]):
    """`package` is a generated one, `api` its class of calls. `header` gives what carries the token of each call.

    `timeout_s`: seconds to connect and to wait for bytes. Safe for several threads, which share the connections.
    """

    def __init__(
        self,
        package: Any,
        api: Callable[[Any], A],
        base_url: str,
        *,
        header: Header | None = None,
        timeout_s: tuple[float, float] = TIMEOUT_S,
    ) -> None:
        # no second try and no redirect; proxies are given so that none is taken from the environment
        configuration = package.Configuration(
            host=base_url.rstrip("/").removesuffix(_API_PATH), retries=False, proxy="", no_proxy=""
        )
        configuration.connection_pool_maxsize = _CONNECTIONS
        self._client = package.ApiClient(configuration)
        self._api = api(self._client)
        self._refusal: type[Exception] = package.ApiException
        self._problem: type[Any] = package.Problem
        self._header = header
        self._timeout_s = timeout_s

    def call(
        self,
        ask: Callable[[A, How], R],
        *,
        headers: Mapping[str, str] | None = None,
        timeout_s: tuple[float, float] | None = None,
        empty: bool = False,
        with_token: bool = True,
    ) -> R:
        """What `ask` gives, which passes `**how` on; `empty` where the route answers without a body.

        Raises NeighbourSilent, NeighbourRefused, NeighbourWrong.
        """
        try:
            sent = {**trace.header(), **(headers or {}), **(self._header() if self._header and with_token else {})}
            told = ask(self._api, {"_headers": sent, "_request_timeout": timeout_s or self._timeout_s})
        except ServiceTokenUnavailable as error:
            raise NeighbourSilent(str(error)) from error
        except urllib3.exceptions.HTTPError as error:
            raise NeighbourSilent(f"it does not answer ({type(error).__name__})") from error
        except self._refusal as error:
            raise _refused(error) from error
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            _log.warning("an answer is not what its document says: %s", _without_values(error))
            raise NeighbourWrong(f"it answered something else than its document says ({type(error).__name__})") from (
                error
            )
        if isinstance(told, self._problem) or (told is None and not empty):
            raise NeighbourWrong("it answered without what was asked for")
        return told

    def text(self, ask: Callable[[A, How], urllib3.BaseHTTPResponse]) -> str:
        """What a route answers that gives no JSON; `ask` calls the method `..._without_preload_content`.

        Raises as `call` does.
        """
        return self.call(lambda api, how: _text_of(ask(api, how)))

    def close(self) -> None:
        """Lets go of the connections."""
        self._client.rest_client.pool_manager.clear()


def _text_of(answer: urllib3.BaseHTTPResponse) -> str:
    text = answer.data.decode("utf-8")
    if answer.status != 200:
        raise NeighbourRefused(answer.status, _problem(answer.status, text), answer.headers.get("Retry-After"))
    return text


def _refused(error: Any) -> NeighbourRefused | NeighbourWrong:
    if not error.status:
        return NeighbourWrong("it answered something that is no JSON")
    problem = _problem(error.status, error.body or "")
    return NeighbourRefused(error.status, problem, (error.headers or {}).get("Retry-After"))


def _problem(status: int, body: str) -> Mapping[str, Any]:
    """The problem document in an error's body, if it is one of this status."""
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) and told.get("status") == status else {}


def _without_values(error: Exception) -> str:
    """What is wrong, without what was told: that may be somebody's."""
    try:
        found = error.errors(include_input=False, include_url=False)  # type: ignore[attr-defined]  # pydantic's
        return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in found[:5])
    except AttributeError:
        return type(error).__name__
