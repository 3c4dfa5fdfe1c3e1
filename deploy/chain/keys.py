"""Key files (0600, `PVT_K1_...`), made at first start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from services.shared.chain.key_file import KeyFileSigner


@dataclass(frozen=True)
class KeyPair:
    """Both texts of a K1 key. The private one is only for the node's own configuration."""

    public_key: str
    private_key: str

    def __repr__(self) -> str:
        return f"KeyPair({self.public_key})"


def read_or_create(path: Path) -> KeyPair:
    """The key in the file, made when there is none. Raises SignerUnavailable for a file that others may read."""
    signer = signer_of(path)
    return KeyPair(signer.public_key, path.read_text(encoding="ascii").strip())


def signer_of(path: Path) -> KeyFileSigner:
    """The signer of the file, which is made when there is none."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        KeyFileSigner.create(draft)
        draft.rename(path)  # whole or not there: a crash leaves no empty key file behind
    return KeyFileSigner(path)
