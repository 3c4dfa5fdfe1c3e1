"""What the connector of the cloud side has and a box's has not: events by hand, accounts, proposals, sign-in.

A box does not import this: it pays neither for boto3 nor for generated clients (docs/adr/0012).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from services.blockchain_connector.auth.service import Login
from services.blockchain_connector.config import Config, with_path
from services.blockchain_connector.knocks import Knocks
from services.blockchain_connector.manager import MANAGER_PATH, Manager
from services.blockchain_connector.participants import NoManager
from services.blockchain_connector.performer.accounts import Accounts
from services.blockchain_connector.performer.events import EventCalls, Participants
from services.blockchain_connector.performer.proposals import Proposals
from services.blockchain_connector.performer.service import Performer
from services.shared.chain.client import ChainClient
from services.shared.identity import read_address, service_tokens


@dataclass(frozen=True)
class CloudCases:
    """The use cases of the routes that only the cloud side has."""

    events: EventCalls
    accounts: Accounts
    login: Login
    proposals: Proposals
    knock: Callable[[str], None]
    """Tells a box, by its account, that it has an event; waits for nobody."""


def cloud_cases(name: str, config: Config, identity_file: Path, chain: ChainClient, performer: Performer) -> CloudCases:
    """Raises ConfigurationError."""
    logging.getLogger("botocore").setLevel(logging.WARNING)
    address = read_address(identity_file)
    participants: Participants = NoManager()
    knock: Callable[[str], None] = _nobody
    if config.manager_url is not None and config.service_secret_file is not None:
        tokens = service_tokens(name, address, config.service_secret_file)
        participants = manager = Manager(with_path(config.manager_url, MANAGER_PATH), tokens)
        knock = Knocks(manager.knock).soon
    return CloudCases(
        EventCalls(chain, participants),
        Accounts(chain, performer),
        Login(address),
        Proposals(chain, performer),
        knock,
    )


def _nobody(_box: str) -> None:
    """Where nobody knows the boxes' addresses they find their events by themselves."""
