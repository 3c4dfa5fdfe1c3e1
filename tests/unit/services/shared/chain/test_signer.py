"""Key files."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.shared.chain import keys
from services.shared.chain.errors import KeyFormatError, SignerUnavailable
from services.shared.chain.key_file import KeyFileSigner

WIF = "5KQwrPbwdL6PhXujxW37FSSQZ1JiwsST4cqQzDeyXtP79zkvFD3"
R1 = "PVT_R1_GrfEfbv5at9kbeHcGagQmvbFLdm6jqEpgE1wsGbrfbZNjpVgT"


def test_a_new_key_file_is_its_owners_alone_and_is_read_again(tmp_path: Path) -> None:
    made = KeyFileSigner.create(tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert KeyFileSigner(tmp_path / "key").public_key == made.public_key
    assert made.sign_transaction("00" * 32, b"x") == KeyFileSigner(tmp_path / "key").sign_transaction("00" * 32, b"x")


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    KeyFileSigner.create(tmp_path / "key")
    with pytest.raises(FileExistsError):
        KeyFileSigner.create(tmp_path / "key")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_a_file_that_others_may_read_is_refused_with_the_cure(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "key"
    file.write_text(WIF)
    file.chmod(mode)
    with pytest.raises(SignerUnavailable, match="chmod 600"):
        KeyFileSigner(file)


def test_old_private_keys_are_read(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(WIF + "\n")
    file.chmod(0o600)
    assert KeyFileSigner(file).public_key.startswith("PUB_K1_6MRy")


def test_what_is_no_k1_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SignerUnavailable):
        KeyFileSigner(tmp_path / "missing")
    file = tmp_path / "key"
    for text in (R1, "nonsense", ""):
        file.write_text(text)
        file.chmod(0o600)
        with pytest.raises(KeyFormatError):
            KeyFileSigner(file)
    file.write_bytes(b"\xff")
    with pytest.raises(SignerUnavailable):
        KeyFileSigner(file)


def test_the_signature_is_of_chain_and_transaction(tmp_path: Path) -> None:
    signer = KeyFileSigner.create(tmp_path / "key")
    digest = keys.transaction_digest("11" * 32, b"trx")
    assert signer.sign_transaction("11" * 32, b"trx") == signer.sign_digest(digest)
