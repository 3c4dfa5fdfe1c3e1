"""The operator's way in: a one-time code for the first security key of the first administrator.

    python -m services.background_manager_logic.first_code admin

With the service's own environment. Afterwards administrators make the codes, in the portal.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime

from services.background_manager_logic.app import DATABASE, NAME
from services.background_manager_logic.cognito import Cognito
from services.background_manager_logic.config import Config
from services.background_manager_logic.errors import ManagerError
from services.background_manager_logic.security_key_store import SecurityKeyStore
from services.background_manager_logic.service.security_keys import SecurityKeys
from services.shared.data import database
from services.shared.identity import read_address
from services.shared.second_factor import RelyingParty
from services.shared.web import ConfigurationError
from services.shared.web.config import load


def main(arguments: list[str] | None = None) -> int:
    """Prints the code; 1 and a sentence when there is none."""
    parser = argparse.ArgumentParser(prog="python -m services.background_manager_logic.first_code", description=__doc__)
    parser.add_argument("user", help="name, e-mail or sub of a user of the pool who has no security key")
    given = parser.parse_args(arguments)
    try:
        config = load(Config)
        made = _code(config, given.user)
    except (ConfigurationError, ManagerError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{made}\n")
    return 0


def _code(config: Config, name: str) -> str:
    db = database(config.mongo_uri, DATABASE, password_file=config.mongo_password_file, app_name=NAME)
    cognito = Cognito(read_address(config.identity_file))
    try:
        user = cognito.user(name)
        if user is None:
            raise ManagerError(f"the identity provider has no user {name}")
        keys = SecurityKeys(
            SecurityKeyStore(db),
            cognito,
            RelyingParty(config.rp_id, config.rp_origins),
            required=True,
            clock=lambda: datetime.now(UTC),
        )
        return keys.make_code(user.sub, "the operator").code
    finally:
        cognito.close()
        db.client.close()


if __name__ == "__main__":
    sys.exit(main())
