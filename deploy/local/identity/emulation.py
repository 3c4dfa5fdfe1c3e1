"""The emulation as a child process, in an environment of its own (ministack and this project pin botocore apart)."""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Mapping
from configparser import ConfigParser, Error
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Final

import requests

from deploy.local.identity.files import write_secret
from deploy.local.settings import REPO

REGION: Final = "eu-central-1"
LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True)
class AdminKey:
    """What administrators' calls are signed with (AWS Signature Version 4)."""

    key_id: str
    secret: str


def admin_key(file: Path) -> AdminKey:
    """The key in `file`, an AWS credentials file (0600); made when there is none."""
    parser = ConfigParser()
    try:
        parser.read_string(file.read_text(encoding="utf-8"))
        return AdminKey(parser["default"]["aws_access_key_id"], parser["default"]["aws_secret_access_key"])
    except (OSError, Error, KeyError):
        made = AdminKey(f"TBI{secrets.token_hex(8).upper()}", secrets.token_urlsafe(32))
    parser = ConfigParser()
    parser["default"] = {"aws_access_key_id": made.key_id, "aws_secret_access_key": made.secret}
    text = StringIO()
    parser.write(text)
    write_secret(file, text.getvalue())
    return made


def identity_env(environment: Mapping[str, str]) -> Path:
    """The environment with ministack: `TBI_IDENTITY_ENV`, else `.venv/identity`. Raises FileNotFoundError."""
    folder = Path(environment.get("TBI_IDENTITY_ENV") or REPO / ".venv/identity")
    if not (folder / "bin/python").exists():
        raise FileNotFoundError(
            f"there is no environment with the identity emulation at {folder}: make it, or set TBI_IDENTITY_ENV"
        )
    return folder


SECOND_FACTOR: Final = {
    "TBI_MANAGER_URL": "",
    "TBI_RP_ID": "localhost",
    "TBI_RP_ORIGINS": "http://localhost:8080",
    "TBI_SECOND_FACTOR": "optional",
}
"""What the triggers of the sign-in need (second_factor.py), with what holds when nothing is said."""


def environment_of(
    folder: Path, port: int, key: AdminKey, ready: Path, environment: Mapping[str, str], *, bind: str = LOOPBACK
) -> dict[str, str]:
    """The child's whole environment: the address `bind` only, and nothing started but the user pools.

    `environment`: ours.
    """
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "PYTHONPATH": str(REPO),
        "PYTHONUNBUFFERED": "1",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "BIND_HOST": bind,
        "MINISTACK_HOST": LOOPBACK,
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "false",  # else it opens 0.0.0.0:8883, whatever SERVICES says
        "SFTP_ENABLED": "false",
        "COGNITO_EMAIL_ENABLED": "false",
        "SERVICES": "cognito-idp",
        "AUTH": "true",
        "AWS_ACCESS_KEY_ID": key.key_id,
        "AWS_SECRET_ACCESS_KEY": key.secret,
        "MINISTACK_REGION": REGION,
        "PERSIST_STATE": "1",
        "STATE_DIR": str(folder / "state"),
        "LOG_LEVEL": "WARNING",
        "TBI_READY_FILE": str(ready),
        "TBI_IDENTITY_DATA": str(folder.parent),
        **{name: environment.get(name) or default for name, default in SECOND_FACTOR.items()},
    }


def start(env: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start it; it ends when this process does (setpriv), so that it never runs on unwatched."""
    command = ["setpriv", "--pdeathsig", "TERM", str(env / "bin/python"), "-m", "deploy.local.identity.front"]
    return subprocess.Popen(command, env=dict(environment), stdin=subprocess.DEVNULL, cwd=REPO, umask=0o077)


def answers(port: int) -> bool:
    """Whether the emulation answers."""
    try:
        return requests.get(f"http://{LOOPBACK}:{port}/_ministack/health", timeout=2).ok
    except requests.RequestException:
        return False
