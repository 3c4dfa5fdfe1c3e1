"""The pool's keys on disk: who starts without a link still knows whose tokens are good."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any

_log = logging.getLogger(__name__)


class KeptKeys:
    """The JWK set that was read last from an address, in one file. Of another address's set it knows nothing.

    Public keys only, but who may write the file decides whose tokens are good: it is made with mode 0600.
    """

    def __init__(self, file: Path, source: str) -> None:
        self._file = file
        self._source = source

    def read(self) -> Any | None:
        """The set, or None when there is none that can be read."""
        try:
            told = json.loads(self._file.read_text(encoding="utf-8"))
            return told["jwks"] if told["source"] == self._source else None
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            _log.warning("the kept keys in %s are not used (%s)", self._file, type(error).__name__)
            return None

    def write(self, jwks: Any) -> None:
        """Keep a set, durably and as a whole, unless it is kept already. A disk that takes nothing is only logged."""
        if self.read() == jwks:
            return
        draft = self._file.with_suffix(".new")
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as out:
                json.dump({"source": self._source, "jwks": jwks}, out)
                out.flush()
                os.fsync(out.fileno())
            draft.rename(self._file)
        except OSError as error:
            _log.warning("the identity provider's keys are not kept in %s (%s)", self._file, error.strerror)
