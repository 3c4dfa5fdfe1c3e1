"""The box's container engine, through the Docker SDK; always behind the proxy of engine_proxy.py."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

import docker
import requests
from docker.errors import APIError, DockerException, NotFound

from services.cls_box_logic.domain.engine_policy import NEW, OLD, copy_of
from services.cls_box_logic.errors import Conflict, EngineAway, NotAllowedHere, Unknown
from services.shared.wait import wait_until

_API = "1.41"  # of Docker 20.10, the oldest in the field
_TIMEOUT_S = 60
_PULL_TIMEOUT_S = 600
_STOP_S = 20
_HEALTHY_S = 60.0
STEADY_S = 5.0


class Engine:
    """`url`: the proxy's, "tcp://127.0.0.1:2375". Every method raises EngineAway and NotAllowedHere."""

    def __init__(self, url: str, healthy_s: float = _HEALTHY_S) -> None:
        self._url = url
        self._healthy_s = healthy_s

    def inspect(self, name: str) -> dict[str, Any]:
        """What the engine says of a container. Raises Unknown."""
        with self._client() as client:
            return dict(client.inspect_container(name))

    def run(self, name: str, action: str) -> None:
        """`action`: start, stop or restart. Raises Unknown."""
        with self._client() as client:
            if action == "start":
                client.start(name)
            else:
                getattr(client, action)(name, timeout=_STOP_S)

    def update(self, name: str) -> bool:
        """Brings a container to the image that its name stands for now; False when it runs that one.

        The old container stays, stopped, until the new one is well; else it runs again. Broken off at any moment, the
        next call clears up first. Raises Unknown, Conflict (the new one does not run; the old one does again).
        """
        with self._client(_PULL_TIMEOUT_S) as client:
            self._clear_up(client, name)
            before = client.inspect_container(name)
            image = before["Config"]["Image"]
            unfetched = _fetch(client, image)
            config = copy_of(before, client.inspect_image(before["Image"]))
            client.create_container_from_config(config, name + NEW)
            if client.inspect_container(name + NEW)["Image"] == before["Image"]:
                client.remove_container(name + NEW)
                if unfetched is not None:
                    raise EngineAway(f"no newer image of {image} could be fetched: {unfetched}")
                return False
            self._take_over(client, name)
            return True

    def recover(self, name: str) -> bool:
        """Ends an update that was broken off, with the old container running; False when there was none."""
        with self._client() as client:
            try:
                client.inspect_container(name + OLD)
            except NotFound:
                return False
            self._clear_up(client, name)
            return True

    def _take_over(self, client: Any, name: str) -> None:
        client.stop(name, timeout=_STOP_S)
        client.rename(name, name + OLD)
        begun = time.monotonic()
        try:
            client.rename(name + NEW, name)
            client.start(name)
            wait_until(
                lambda: _is_well(client.inspect_container(name), time.monotonic() - begun),
                self._healthy_s,
                0.5,
                what=f"{name} to be well",
            )
        except (TimeoutError, DockerException, _Ended) as error:
            self._roll_back(client, name)
            raise Conflict(f"the new {name} does not run ({error}); the old one runs again") from error
        client.remove_container(name + OLD)

    def _roll_back(self, client: Any, name: str) -> None:
        with contextlib.suppress(NotFound):
            client.stop(name, timeout=_STOP_S)
            client.rename(name, name + NEW)
        client.rename(name + OLD, name)
        client.start(name)
        client.remove_container(name + NEW, force=True)

    def _clear_up(self, client: Any, name: str) -> None:
        """What an update that was broken off left."""
        with contextlib.suppress(NotFound):
            client.inspect_container(name + OLD)
            self._roll_back(client, name)
        with contextlib.suppress(NotFound):
            client.remove_container(name + NEW, force=True)

    @contextlib.contextmanager
    def _client(self, timeout_s: int = _TIMEOUT_S) -> Iterator[Any]:
        """Rarely needed, so each call has its own. The engine's refusals as ours."""
        client = docker.APIClient(self._url, version=_API, timeout=timeout_s)
        client.trust_env = False
        try:
            yield client
        except NotFound as error:
            raise Unknown(f"the box has no such container: {error.explanation}") from error
        except APIError as error:
            status = error.response.status_code if error.response is not None else 0
            refused: dict[int, Callable[[str], Exception]] = {403: NotAllowedHere, 409: Conflict}
            raise refused.get(status, EngineAway)(f"the container engine refused: {error.explanation}") from error
        except (requests.RequestException, DockerException) as error:
            raise EngineAway(f"the container engine does not answer ({type(error).__name__})") from error
        finally:
            client.close()


class _Ended(Exception):  # noqa: N818 - it says what is
    """The container ended instead of running."""


def _fetch(client: Any, image: str) -> str | None:
    """Fetches what the image's name stands for now, or says why not: one loaded by hand may be here already."""
    try:
        client.pull(*_parted(image))
    except APIError as error:
        return str(error.explanation)
    return None


def _is_well(inspected: dict[str, Any], for_s: float) -> bool:
    """Healthy; or, where the image has no health check, running for STEADY_S. Raises _Ended."""
    state = inspected["State"]
    health = (state.get("Health") or {}).get("Status")
    if not state["Running"] or health == "unhealthy":
        raise _Ended(f"it is {health or state['Status']}, exit code {state.get('ExitCode')}")
    return for_s >= STEADY_S if health in (None, "none") else health == "healthy"


def _parted(image: str) -> tuple[str, str]:
    name, separator, tag = image.rpartition(":")
    return (name, tag) if separator and "/" not in tag else (image, "latest")
