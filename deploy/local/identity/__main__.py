"""The parent of the local identity emulation: starts it, sets the pool up, writes who and where.

    python -m deploy.local.identity --data-dir D --port 4566

Writes into the data folder, for its owner only: `identity.json` (issuer, addresses, client ids: what services read),
`demo-users.json` (role -> username, password, attributes), `identity/credentials` (the administration key, an AWS
credentials file), `identity/services/<name>.secret` (each service's client secret).
Exit code 0 after SIGTERM or SIGINT, 1 when the emulation does not start or ends by itself.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from deploy.local.identity import emulation
from deploy.local.identity.files import read_json, write_json, write_secret
from deploy.local.identity.people import people
from deploy.local.identity.pool import SERVICE_SCOPE, Clients, add_people, set_up
from services.shared.wait import wait_until

_log = logging.getLogger("identity")
_START_S = 90.0
_STOP_S = 10.0
WARNING = (
    "an emulation of Amazon Cognito (ministack) for this machine only: it is no security boundary, it keeps passwords "
    "in the clear in its state folder, and it must never hold a real person's account"
)


class IdentityError(Exception):
    """The emulation does not run. One sentence."""


@dataclass
class Parent:
    """Runs the emulation until told to stop. All calls come from the main thread."""

    data: Path
    port: int
    env: Path
    bind: str = emulation.LOOPBACK
    name: str = emulation.LOOPBACK
    child: subprocess.Popen[bytes] | None = None
    stopping: bool = False

    @property
    def folder(self) -> Path:
        return self.data / "identity"

    @property
    def url(self) -> str:
        """As this process reaches it."""
        return f"http://{emulation.LOOPBACK}:{self.port}"

    def run(self) -> None:
        """Until `stop`. Raises IdentityError."""
        for made in (self.folder, self.folder / "services", self.folder / "state"):
            made.mkdir(parents=True, exist_ok=True, mode=0o700)
        ready = self.folder / "ready"
        ready.unlink(missing_ok=True)
        key = emulation.admin_key(self.folder / "credentials")
        if emulation.answers(self.port):
            raise IdentityError(f"something else answers at {self.url}: end it, or choose another port")
        self.child = emulation.start(self.env, self._environment(key, ready))
        try:
            self._complete(key, ready)
            self.child.wait()
        finally:
            self._end_child()
        if not self.stopping:
            raise IdentityError(f"the emulation ended by itself (exit code {self.child.returncode})")

    def stop(self) -> None:
        self.stopping = True
        if self.child is not None and self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)

    def _environment(self, key: emulation.AdminKey, ready: Path) -> dict[str, str]:
        return emulation.environment_of(self.folder, self.port, key, ready, os.environ, bind=self.bind)

    def _complete(self, key: emulation.AdminKey, ready: Path) -> None:
        try:
            wait_until(self._answers_or_ended, _START_S, what="the emulation's answer")
            if self.stopping or self._ended():
                return
            self._set_up(key)
        except (BotoCoreError, ClientError, TimeoutError) as error:
            if not self.stopping:
                raise IdentityError(f"the pool cannot be set up: {error}") from error
            return
        ready.touch(mode=0o600)

    def _set_up(self, key: emulation.AdminKey) -> None:
        cognito = administration(self.url, key)
        clients = set_up(cognito)
        known = read_json(self.data / "demo-users.json")
        passwords = {role: str(entry["password"]) for role, entry in known.items() if "password" in entry}
        users = add_people(cognito, clients.pool_id, people(self.data / "boxes"), passwords)
        for name, secret in clients.secrets.items():
            write_secret(self.folder / "services" / f"{name}.secret", secret + "\n")
        write_json(self.data / "demo-users.json", users)
        url = f"http://{self.name}:{self.port}"
        write_json(
            self.data / "identity.json", description(url, clients, os.environ.get("TBI_SECOND_FACTOR") or "optional")
        )
        _log.info("runs at %s: %s", url, WARNING)
        _log.info("%d users are in %s", len(users), self.data / "demo-users.json")

    def _answers_or_ended(self) -> bool:
        return self._ended() or emulation.answers(self.port)

    def _ended(self) -> bool:
        return self.child is None or self.child.poll() is not None

    def _end_child(self) -> None:
        child = self.child
        if child is None or child.poll() is not None:
            return
        child.terminate()
        try:
            child.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def administration(url: str, key: emulation.AdminKey) -> Any:
    """A client that may administer the pool."""
    return boto3.client(
        "cognito-idp",
        endpoint_url=url,
        region_name=emulation.REGION,
        aws_access_key_id=key.key_id,
        aws_secret_access_key=key.secret,
        config=Config(connect_timeout=3, read_timeout=20, retries={"total_max_attempts": 3}, proxies={}),
    )


def description(url: str, clients: Clients, second_factor: str) -> dict[str, Any]:
    """What services, portal and tests are told of the pool."""
    return {
        "issuer": f"https://cognito-idp.{emulation.REGION}.amazonaws.com/{clients.pool_id}",
        "jwks_url": f"{url}/{clients.pool_id}/.well-known/jwks.json",
        "token_url": f"{url}/oauth2/token",
        "endpoint_url": url,
        "region": emulation.REGION,
        "user_pool_id": clients.pool_id,
        "portal_client_id": clients.portal,
        "machine_client_id": clients.machine,
        "service_client_ids": dict(clients.services),
        "service_scope": SERVICE_SCOPE,
        "second_factor": second_factor,
    }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m deploy.local.identity", description="Runs the local identity emulation."
    )
    parser.add_argument("--data-dir", type=Path, required=True, help="the data folder")
    parser.add_argument("--port", type=int, default=4566, help="the emulation's port")
    parser.add_argument("--bind", default=emulation.LOOPBACK, help="the address to listen on (default: loopback)")
    parser.add_argument("--name", default=emulation.LOOPBACK, help="by which others reach it (default: loopback)")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s", stream=sys.stderr)
    for noisy in ("botocore", "boto3", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    try:
        env = emulation.identity_env(os.environ)
        parent = Parent(given.data_dir.resolve(), given.port, env, given.bind, given.name)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: parent.stop())
        parent.run()
    except (IdentityError, FileNotFoundError) as error:
        _log.error("%s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
