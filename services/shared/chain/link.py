"""A box's way to the cloud side with its certificate (mutual TLS): what lies in the folder that `TBI_LINK_DIR` names.

key.pem          the box's key, made on it, mode 0600
certificate.pem  what the authority made of it, with the issuing authority's behind it
authority.pem    by what the gateway's own certificate is taken
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import requests


@dataclass(frozen=True)
class Link:
    """The files are read with each new connection: a certificate that was renewed counts from then on."""

    folder: Path

    def use(self, session: requests.Session) -> None:
        """Have `session` show the certificate, and take nobody else's word."""
        session.cert = (str(self.folder / "certificate.pem"), str(self.folder / "key.pem"))
        session.verify = str(self.folder / "authority.pem")
        session.trust_env = False
