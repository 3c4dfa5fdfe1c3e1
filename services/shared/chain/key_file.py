"""A key of one's own in a file: what signs on the cloud side. A box signs with its TPM and has none of this."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from coincurve import PrivateKey
from coincurve.keys import ffi  # type: ignore[attr-defined]  # its only way to hand over further nonce data

from services.shared.chain import keys
from services.shared.chain.errors import KeyFormatError, SignerUnavailable


class K1Signer:
    """A secp256k1 key in memory."""

    def __init__(self, secret: bytes) -> None:
        self._key = PrivateKey(secret)
        self.public_key = keys.to_text("PUB", "K1", self._key.public_key.format(compressed=True))

    def sign_transaction(self, chain_id: str, packed_trx: bytes) -> str:
        return self.sign_digest(keys.transaction_digest(chain_id, packed_trx))

    def sign_digest(self, digest: bytes) -> str:
        """Deterministic (RFC 6979), with a counter as further input until the signature is canonical."""
        for counter in range(256):
            extra = (ffi.NULL, ffi.new("char [32]", counter.to_bytes(32, "big")) if counter else ffi.NULL)
            made = self._key.sign_recoverable(digest, hasher=None, custom_nonce=extra)
            signature = bytes([27 + 4 + made[64]]) + made[:64]
            if keys.is_canonical(signature):
                return keys.to_text("SIG", "K1", signature)
        raise SignerUnavailable("no canonical signature in 256 tries")


class KeyFileSigner(K1Signer):
    """A K1 key in a file (`PVT_K1_...` or WIF) that nobody but its owner may read."""

    def __init__(self, path: str | Path) -> None:
        path = Path(path)
        try:
            mode = path.stat().st_mode
            text = path.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SignerUnavailable(f"the key file {path} cannot be read: {error}") from error
        if not stat.S_ISREG(mode) or mode & 0o077:
            raise SignerUnavailable(f"the key file {path} may be read by others: chmod 600 it")
        key_type, secret = keys.from_text("PVT", text)
        if key_type != "K1":
            raise KeyFormatError(f"the key file {path} holds an {key_type} key, K1 is needed")
        super().__init__(secret)

    @classmethod
    def create(cls, path: str | Path) -> KeyFileSigner:
        """A new key in a new file. Raises FileExistsError: a key is never overwritten."""
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(keys.to_text("PVT", "K1", PrivateKey().secret) + "\n")
            file.flush()
            os.fsync(file.fileno())
        return cls(path)
