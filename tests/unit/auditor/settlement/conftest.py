import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from auditor.settlement import files
from auditor.settlement.files import Key

RECORDED = Path(__file__).with_name("recorded")


@pytest.fixture(scope="session")
def seller() -> bytes:
    return (RECORDED / "seller.json").read_bytes()


@pytest.fixture(scope="session")
def buyer() -> bytes:
    return (RECORDED / "buyer.json").read_bytes()


@pytest.fixture(scope="session")
def forger() -> Key:
    """A key of somebody who would like to be the operator."""
    return Key(ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture
def forged(seller: bytes, forger: Key) -> Callable[[Callable[[dict[str, Any]], object]], bytes]:
    """The seller's file, changed, and signed again so that no signature over the file tells."""

    def change(how: Callable[[dict[str, Any]], object]) -> bytes:
        content = json.loads(seller)
        how(content)
        return files.written(files.signed(content, forger))

    return change
