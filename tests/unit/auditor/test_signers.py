"""Whose signature it is: recovered, and attributed to the account that had the key at that block."""

from __future__ import annotations

import random

import coincurve
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature

from auditor.chain.authorities import Authorities
from auditor.chain.blocks import Included
from auditor.chain.recovery import recovered
from auditor.errors import Divergence, Finding
from auditor.replay.signers import Signers
from auditor.settlement.receipts import Act
from auditor.settlement.wire import (
    WireError,
    k1_public_key,
    name,
    prefixed,
    r1_public_key,
    sha256,
    to_binary,
    transaction_digest,
    varuint32,
)
from services.shared.chain.keys import to_text

CHAIN = "ab" * 32
SEEDS = range(16)
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
Signed = tuple[str, str]


class Key:
    """A key of P-256 as a box's TPM has one."""

    def __init__(self, choice: random.Random) -> None:
        self._private = ec.derive_private_key(choice.randrange(1, ORDER), ec.SECP256R1())
        numbers = self._private.public_key().public_numbers()
        self.text = r1_public_key(bytes([2 + (numbers.y & 1)]) + numbers.x.to_bytes(32, "big"))

    def sign(self, digest: bytes) -> str:
        """The one of both recovery ids that leads to this key."""
        r, s = decode_dss_signature(self._private.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256()))))
        body = r.to_bytes(32, "big") + min(s, ORDER - s).to_bytes(32, "big")
        for header in (31, 32):
            signature = to_text("SIG", "R1", bytes([header]) + body)
            if _recovers(signature, digest) == self.text:
                return signature
        raise AssertionError(self.text)


def _recovers(signature: str, digest: bytes) -> str:
    try:
        return recovered(signature, digest)
    except WireError:
        return ""


def authority(key: str) -> bytes:
    return (1).to_bytes(4, "little") + varuint32(1) + to_binary("PUB", key) + (1).to_bytes(2, "little") + b"\0\0"


def new_account(account: str, key: str) -> Act:
    data = name("eosio") + name(account) + authority(key) * 2
    return Act("eosio", "newaccount", (("eosio", "active"),), data)


def change_key(account: str, key: str) -> Act:
    data = name(account) + name("active") + name("owner") + authority(key)
    return Act("eosio", "updateauth", ((account, "owner"),), data)


def transaction(account: str, *keys: Key) -> Included:
    act = Act("tbimarket", "deliver", ((account, "active"),), b"reading")
    packed = bytes(10) + b"\0\0\0" + b"\0" + varuint32(1) + act.base + prefixed(act.data) + b"\0"
    digest = transaction_digest(CHAIN, packed, b"")
    return Included(0, 100, 10, signatures=tuple(key.sign(digest) for key in keys), packed=packed)


@pytest.fixture(params=SEEDS)
def choice(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(request.param)


def found(signers: Signers, block: int, item: Included) -> Finding:
    with pytest.raises(Divergence) as caught:
        signers.check(block, item)
    return caught.value.finding


def test_a_key_of_either_curve_is_recovered_from_its_signature(choice: random.Random) -> None:
    digest = sha256(choice.randbytes(8))
    key = Key(choice)
    assert recovered(key.sign(digest), digest) == key.text
    private = coincurve.PrivateKey(choice.randbytes(32))
    signature = private.sign_recoverable(digest, hasher=None)
    text = to_text("SIG", "K1", bytes([31 + signature[64]]) + signature[:64])
    assert recovered(text, digest) == k1_public_key(private.public_key.format())


def test_a_changed_signature_is_another_keys_or_nobodys(choice: random.Random) -> None:
    digest = sha256(b"one")
    key = Key(choice)
    assert _recovers(key.sign(digest), sha256(b"another")) != key.text


@pytest.mark.parametrize("body", [bytes([27]) + b"\1" * 64, bytes([31]) + bytes(64), bytes([31]) + b"\xff" * 64])
def test_numbers_out_of_range_recover_nothing(body: bytes) -> None:
    with pytest.raises(WireError):
        recovered(to_text("SIG", "R1", body), bytes(32))


def test_the_box_changes_its_key_and_earlier_signatures_stay_the_earlier_keys(choice: random.Random) -> None:
    first, second = Key(choice), Key(choice)
    authorities = Authorities(Key(choice).text)
    signers = Signers(CHAIN, authorities)
    authorities.apply(new_account("box", first.text), 5)
    assert signers.check(7, transaction("box", first)) == 1
    authorities.apply(change_key("box", second.text), 9)
    assert signers.check(9, transaction("box", second)) == 1
    assert {key: (noted.accounts, noted.first_block) for key, noted in signers.keys.items()} == {
        first.text: ({"box"}, 7),
        second.text: ({"box"}, 9),
    }


def test_the_key_that_a_box_had_before_is_named_with_account_and_block(choice: random.Random) -> None:
    first, second = Key(choice), Key(choice)
    authorities = Authorities(Key(choice).text)
    authorities.apply(new_account("box", first.text), 5)
    authorities.apply(change_key("box", second.text), 9)
    item = transaction("box", first)
    finding = found(Signers(CHAIN, authorities), 12, item)
    assert (finding.rule, finding.block, finding.transaction) == ("M-REG-04", 12, item.id)
    assert (finding.key, finding.account) == (first.text, "box")
    assert second.text in finding.expected
    assert "box@active from blocks 5 to 9" in finding.found


def test_another_boxs_key_is_attributed_to_that_box(choice: random.Random) -> None:
    own, other = Key(choice), Key(choice)
    authorities = Authorities(Key(choice).text)
    authorities.apply(new_account("box", own.text), 5)
    authorities.apply(new_account("other", other.text), 6)
    finding = found(Signers(CHAIN, authorities), 12, transaction("box", other))
    assert (finding.key, finding.account) == (other.text, "box")
    assert "other@active from block 6 on" in finding.found


def test_a_strangers_key_is_recovered_and_printed(choice: random.Random) -> None:
    own, stranger = Key(choice), Key(choice)
    authorities = Authorities(Key(choice).text)
    authorities.apply(new_account("box", own.text), 5)
    for item in (transaction("box", stranger), transaction("box", own, stranger)):
        finding = found(Signers(CHAIN, authorities), 12, item)
        assert finding.key == stranger.text
        assert f"{stranger.text}, which no account has had" in str(finding)


def test_no_signature_satisfies_nothing(choice: random.Random) -> None:
    own = Key(choice)
    authorities = Authorities(Key(choice).text)
    authorities.apply(new_account("box", own.text), 5)
    assert found(Signers(CHAIN, authorities), 12, transaction("box")).rule == "M-REG-04"
