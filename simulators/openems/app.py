"""Puts a simulator together; clock and log are arguments."""

from __future__ import annotations

import threading
from collections.abc import Callable

from simulators.openems.config import Config
from simulators.openems.edge import Clock, Edge
from simulators.openems.handler import make_handler
from simulators.openems.household import Household
from simulators.openems.server import ThrottledServer
from simulators.openems.sources import Sources
from simulators.openems.users import users


def create_edge(config: Config, clock: Clock) -> Edge:
    """The Edge of a configuration, going on from its state directory."""
    household = Household(
        Sources(config.profile),
        config.inverters,
        clock() // config.cycle_ms * config.cycle_ms,
        config.battery if "ess0" in config.aliases else None,
    )
    return Edge(
        household, config.aliases, config.state_dir, clock, cycle_ms=config.cycle_ms, warm_up_ms=config.warm_up_ms
    )


def create_server(config: Config, edge: Edge, log: Callable[[str], None]) -> ThrottledServer:
    """The server, bound and ready to serve."""
    handler = make_handler(edge, users(config.password), log)
    return ThrottledServer((config.host, config.port), handler, lambda: edge.faults.throttle)


def keep_history(edge: Edge, stopped: threading.Event) -> None:
    """Records history and state at their times, until `stopped` is set."""
    while not stopped.wait(edge.tick() / 1000):
        pass
