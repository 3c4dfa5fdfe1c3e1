"""Whose box this is: its account on the chain and its owner's subject, in the provisioning file, bound once."""

from __future__ import annotations

import json
import os
import stat
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from market.values import EosName
from services.cls_box_logic.errors import Conflict, NoAccount, NotKept

_NAMES = ("account", "owner_sub")


class Ownership:
    """Reads `account` and `owner_sub` from the provisioning file when asked, until both are there; then for good.

    The file is shared with the box's connector, TPM API and worker, which look into it in the same way.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known: dict[str, str] = {}
        self._lock = threading.Lock()

    def known_account(self) -> EosName | None:
        """The account, or None while there is none."""
        return None if (name := self._told().get("account")) is None else EosName(name)

    def account(self) -> EosName:
        """The account. Raises NoAccount."""
        account = self.known_account()
        if account is None:
            raise NoAccount(
                "this box has no account on the chain yet; an administrator registers it (POST /eos-account of the "
                "background manager)"
            )
        return account

    def owner_sub(self) -> str | None:
        """The subject of the owner's tokens, or None while the box is bound to nobody."""
        return self._told().get("owner_sub")

    def bind(self, account: EosName, owner_sub: str) -> None:
        """Ties the box to both, for good; the same again changes nothing.

        Raises Conflict (it belongs to another), NotKept (the disk does not take it: nothing is bound).
        """
        wanted = {"account": str(account), "owner_sub": owner_sub}
        with self._lock:
            content = self._content()
            told = _named(content)
            for name, what in (("account", "the account"), ("owner_sub", "the owner")):
                if told.get(name, wanted[name]) != wanted[name]:
                    raise Conflict(
                        f"this box belongs to {what} {told[name]}, which is bound once; who installs it sets it up anew"
                    )
            if told != wanted:
                self._write({**content, **wanted})
            self._known = wanted

    def _told(self) -> Mapping[str, str]:
        if len(self._known) < len(_NAMES):
            try:
                self._known = {**_named(self._content()), **self._known}
            except NotKept:
                return self._known  # somebody is writing it, or took it away: what was known stays
        return self._known

    def _content(self) -> dict[str, Any]:
        try:
            content = dict(json.loads(self._file.read_text(encoding="utf-8")))
            if content.get("account") is not None:
                EosName(content["account"])
            return content
        except (OSError, ValueError, TypeError) as error:
            raise NotKept(f"the provisioning file {self._file.name} cannot be read; see TBI_BOX_CONFIG") from error

    def _write(self, content: Mapping[str, Any]) -> None:
        """A crash at any moment leaves the old file or the new one."""
        draft = self._file.with_suffix(".binding")
        try:
            mode = stat.S_IMODE(self._file.stat().st_mode)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as out:
                os.fchmod(out.fileno(), mode)
                out.write(json.dumps(content, indent=1) + "\n")
                out.flush()
                os.fsync(out.fileno())
            draft.rename(self._file)
            _sync(self._file.parent)
        except OSError as error:
            raise NotKept(
                f"the provisioning file {self._file.name} cannot be written ({error.strerror}); the box must be "
                "able to write its folder (TBI_BOX_CONFIG)"
            ) from error


def _named(content: Mapping[str, Any]) -> dict[str, str]:
    """What the file says of both; null is nothing."""
    return {name: str(content[name]) for name in _NAMES if content.get(name) is not None}


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
