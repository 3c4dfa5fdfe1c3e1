"""The way to the TPM: one ESAPI context, one lock, and a new context when the old one is broken.

A context that has seen an error of the transport or of ESAPI itself answers nothing but errors from then on, so it is
dropped; the next command opens another. Commands that the TPM itself refused are not repeated, save where it asks for
it or has run out of room for objects and is ours alone.
"""

import contextlib
import logging
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

os.environ.setdefault("TSS2_LOG", "all+NONE")  # before the import: every failed connection fills the log otherwise

from tpm2_pytss import ESAPI, ESYS_TR, TPM2_CAP, TPM2_PT, TPM2_SU, TCTILdr, TSS2_Exception

from services.tpm_api.errors import KeyLost, TpmError, TpmUnavailable

T = TypeVar("T")

_log = logging.getLogger(__name__)

# TPM 2.0 Library, Part 2, 6.6.3, and TSS 2.0 Overview, 3.2: bits 16-23 name the layer; 0 is the TPM itself.
_LAYERS: Final = 0x00FF0000
_RC_INITIALIZE: Final = 0x100
_RC_FAILURE: Final = 0x101
_RC_LOCKOUT: Final = 0x921
_RC_NO_ROOM: Final = (0x902, 0x903)  # objects, sessions
_RC_AGAIN: Final = (0x908, 0x909, 0x922)  # yielded, canceled, retry
_RC_WRONG_AUTH: Final = (0x98E, 0x9A2)
_TRANSIENT_FIRST: Final = 0x80000000
_SESSION_RANGES: Final = (0x02000000, 0x03000000)


class TpmSession:
    """One ESAPI context with the persistent keys that were opened in it."""

    def __init__(self, esapi: Any) -> None:
        self.esapi = esapi
        self._keys: dict[int, Any] = {}

    def key(self, handle: int, auth: str, public_area: bytes) -> Any:
        """The ESYS_TR of the persistent key with this public area. Raises KeyLost when the TPM has another or none."""
        if handle not in self._keys:
            if handle not in self.handles(handle, 1):
                raise KeyLost("the TPM does not hold this key any more")
            opened = self.esapi.tr_from_tpmpublic(handle)
            public, _name, _qualified = self.esapi.read_public(opened)
            if public.marshal() != public_area:
                self.esapi.tr_close(opened)
                raise KeyLost("the TPM holds another key in this key's place")
            self.esapi.tr_set_auth(opened, auth.encode())
            self._keys[handle] = opened
        return self._keys[handle]

    def handles(self, first: int, count: int = 64) -> list[int]:
        """Handles that are in use, from `first` on, of its kind."""
        _more, data = self.esapi.get_capability(TPM2_CAP.HANDLES, first, count)
        held = data.data.handles  # `data` must outlive its views
        return [int(held[index]) for index in range(held.count)]

    def property(self, tag: int) -> int:
        """A property of the TPM (TPM2_PT)."""
        _more, data = self.esapi.get_capability(TPM2_CAP.TPM_PROPERTIES, tag, 1)
        listed = data.data.tpmProperties
        return int(listed[0].value) if listed.count and int(listed[0].property) == tag else 0

    def flush_foreign(self) -> None:
        """Throw out transient objects and sessions, whoever left them."""
        for handle in self.handles(_TRANSIENT_FIRST):
            with contextlib.suppress(TSS2_Exception):
                self.esapi.flush_context(self.esapi.tr_from_tpmpublic(handle))
        for first in _SESSION_RANGES:
            for handle in self.handles(first):
                with contextlib.suppress(TSS2_Exception):
                    self.esapi.flush_context(self.esapi.tr_from_tpmpublic(handle))


class Tpm:
    """The TPM behind `tcti`. `on_open` is called with every new session, before its first command."""

    def __init__(self, tcti: str, *, busy_timeout_s: float = 5.0, on_open: Callable[[TpmSession], None] | None = None):
        self._tcti_name = tcti
        self._is_ours = tcti.startswith("swtpm:")  # a device has a resource manager and other users
        self._busy_timeout_s = busy_timeout_s
        self._on_open = on_open
        self._lock = threading.Lock()
        self._session: TpmSession | None = None
        self._tcti: Any = None

    def run(self, command: Callable[[TpmSession], T]) -> T:
        """The value of `command`, alone at the TPM. It may be called twice, when the first context was broken.

        Raises TpmUnavailable and other TpmErrors, and whatever else `command` raises.
        """
        with self._alone():
            try:
                return command(self._open())
            except TSS2_Exception as error:
                if not self._may_be_repeated(error):
                    raise _explained(error) from error
            try:
                return command(self._open())
            except TSS2_Exception as error:
                if error.rc & _LAYERS:
                    self._drop()
                raise _explained(error) from error

    def close(self) -> None:
        """End in order: a TPM that is ours is told, so that it need not count a failed try."""
        with self._alone():
            if self._session is not None and self._is_ours:
                with contextlib.suppress(TSS2_Exception):
                    self._session.esapi.shutdown(TPM2_SU.CLEAR)
            self._drop()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._lock.acquire(timeout=self._busy_timeout_s):
            raise TpmUnavailable("The TPM is busy with an earlier command; try again in some seconds.", 5)
        try:
            yield
        finally:
            self._lock.release()

    def _open(self) -> TpmSession:
        if self._session is not None:
            return self._session
        try:
            self._tcti = TCTILdr.parse(self._tcti_name)
            self._session = TpmSession(ESAPI(self._tcti))
            self._start()
        except TSS2_Exception as error:
            self._drop()
            raise TpmUnavailable(
                f"The TPM at {self._tcti_name} does not answer; see that it runs. The service goes on by itself then."
            ) from error
        except Exception:
            self._drop()
            raise
        _log.info("TPM opened at %s", self._tcti_name)
        return self._session

    def _start(self) -> None:
        assert self._session is not None  # noqa: S101 - set by the only caller
        try:
            self._session.property(TPM2_PT.LOCKOUT_COUNTER)
        except TSS2_Exception as error:
            if error.rc != _RC_INITIALIZE:
                raise
            self._session.esapi.startup(TPM2_SU.CLEAR)
        if self._is_ours:
            self._session.flush_foreign()
        if self._on_open is not None:
            self._on_open(self._session)

    def _may_be_repeated(self, error: Any) -> bool:
        """Whether the command is worth a second try, after what can be done for it has been done."""
        rc = int(error.rc)
        if rc & _LAYERS or rc == _RC_INITIALIZE:
            _log.warning("TPM context dropped: %#x %s", rc, error)
            self._drop()
            return True
        if rc in _RC_NO_ROOM and self._is_ours:
            _log.warning("TPM is full (%#x): foreign objects are flushed", rc)
            with contextlib.suppress(TSS2_Exception):
                self._open().flush_foreign()
            return True
        return rc in _RC_AGAIN

    def _drop(self) -> None:
        session, self._session = self._session, None
        tcti, self._tcti = self._tcti, None
        if session is not None:
            with contextlib.suppress(Exception):  # what is broken need not close well
                session.esapi.close()
        if tcti is not None:
            with contextlib.suppress(Exception):
                tcti.close()


def _explained(error: Any) -> TpmError:
    rc = int(error.rc)
    if rc == _RC_LOCKOUT:
        return TpmUnavailable(
            "The TPM has locked itself after failed tries; reset its lock-out (tpm2_dictionarylockout).", 60
        )
    if rc in _RC_WRONG_AUTH:
        return KeyLost("the TPM refuses the key's authorisation value: the state directory belongs to another TPM")
    if rc & _LAYERS or rc in (_RC_INITIALIZE, _RC_FAILURE):
        return TpmUnavailable("The TPM does not answer; see that it runs. The service goes on by itself then.")
    return TpmUnavailable(f"The TPM refused the command ({rc:#x}: {error}).")


__all__ = ["ESYS_TR", "Tpm", "TpmSession"]
