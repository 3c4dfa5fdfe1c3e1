"""The attestation of an account's key: what a software TPM said (recorded), and what forgers would say."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from services.background_manager_logic.attestation import AttestationRefused, Evidence, Statement, verify
from services.shared.chain.keys import r1_public_key
from services.tpm_api.commands import ADMIN_POLICY

RECORDED: dict[str, Any] = json.loads((Path(__file__).parent / "recorded/attestation.json").read_text())
"""The answer of a box with a software TPM (swtpm)."""

NONCE = bytes.fromhex(RECORDED["nonce"])
REAL = Evidence.read(RECORDED)

# TPM 2.0 Library, Part 2, 8.3
FIXED_TPM, FIXED_PARENT, ORIGIN, RESTRICTED, SIGN = (1 << bit for bit in (1, 4, 5, 16, 18))
HELD = FIXED_TPM | FIXED_PARENT | ORIGIN
CERTIFY, QUOTE = 0x8017, 0x8018
PCRS = bytes.fromhex("00000001 000b 03 ff0000")


def _sized(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


class Forger:
    """Says what a TPM says, with keys of his own: only what the verifier looks at can stop him."""

    def __init__(self) -> None:
        self.attesting = ec.generate_private_key(ec.SECP256R1())
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.public_key = r1_public_key(self.key.public_key())

    def evidence(
        self,
        *,
        attesting: int = HELD | RESTRICTED | SIGN,
        certified: int = HELD | SIGN,
        magic: bytes = b"\xffTCG",
        kinds: tuple[int, int] = (QUOTE, CERTIFY),
        pcrs: bytes = PCRS,
        rest: bytes = b"",
        curve: int = 3,
        scheme: int = 0x18,
        policy: bytes = b"",
    ) -> Evidence:
        area = _area(self.key, certified, curve, scheme, policy)
        name = b"\x00\x0b" + hashlib.sha256(area).digest()
        quote = self._said(magic, kinds[0], pcrs + _sized(bytes(32)) + rest)
        certification = self._said(magic, kinds[1], _sized(name) + _sized(b"qualified") + rest)
        return Evidence(quote, certification, _area(self.attesting, attesting), area)

    def _said(self, magic: bytes, kind: int, what: bytes) -> Statement:
        message = magic + kind.to_bytes(2, "big") + _sized(b"signer") + _sized(NONCE) + bytes(25) + what
        r, s = decode_dss_signature(self.attesting.sign(message, ec.ECDSA(hashes.SHA256())))
        return Statement(message, r.to_bytes(32, "big") + s.to_bytes(32, "big"))


def _area(
    key: ec.EllipticCurvePrivateKey, attributes: int, curve: int = 3, scheme: int = 0x18, policy: bytes = b""
) -> bytes:
    point = key.public_key().public_numbers()
    kind = b"".join(number.to_bytes(2, "big") for number in (0x10, scheme, 0x0B, curve, 0x10))
    place = _sized(point.x.to_bytes(32, "big")) + _sized(point.y.to_bytes(32, "big"))
    return bytes.fromhex("0023000b") + attributes.to_bytes(4, "big") + _sized(policy) + kind + place


def test_what_a_tpm_said_verifies() -> None:
    attested = verify(REAL, NONCE, RECORDED["public_key"])
    assert attested.public_key == RECORDED["public_key"]
    assert attested.attesting_key == RECORDED["attesting_key"]["public_key"]
    assert len(bytes.fromhex(attested.pcr_digest)) == 32
    assert Evidence.read({**RECORDED, **_as_told(REAL.as_json())}) == REAL


def test_a_key_may_be_made_under_the_boxs_policy_and_under_no_other() -> None:
    forger = Forger()
    under_ours = forger.evidence(policy=ADMIN_POLICY)
    assert verify(under_ours, NONCE, forger.public_key).public_key == forger.public_key
    with pytest.raises(AttestationRefused, match="under a policy that is not known"):
        verify(forger.evidence(policy=bytes(32)), NONCE, forger.public_key)


def _as_told(kept: dict[str, str]) -> dict[str, Any]:
    """Kept evidence in the form in which a box gives it: it can be verified again."""
    statements = {
        name: {"message": kept[name], "signature": kept[f"{name}_signature"]} for name in ("quote", "certification")
    }
    return {**kept, **statements}


def test_another_nonce_is_an_old_attestation() -> None:
    for nonce in (bytes(32), NONCE[:-1], NONCE + b"\0", b""):
        with pytest.raises(AttestationRefused, match="another nonce"):
            verify(REAL, nonce, RECORDED["public_key"])


def test_another_key_than_the_certified_one_is_refused() -> None:
    other = Forger()
    with pytest.raises(AttestationRefused, match="another one than the account's"):
        verify(REAL, NONCE, other.public_key)
    with pytest.raises(AttestationRefused, match="another key than the one whose public area"):
        verify(replace(REAL, certified_area=_area(other.key, HELD | SIGN)), NONCE, other.public_key)
    forged = replace(REAL, attesting_area=_area(other.attesting, HELD | RESTRICTED | SIGN))
    with pytest.raises(AttestationRefused, match="not the attesting key's"):
        verify(forged, NONCE, RECORDED["public_key"])


_PARTS: list[tuple[str, Callable[[bytes], Evidence]]] = [
    ("quote", lambda data: replace(REAL, quote=Statement(data, REAL.quote.signature))),
    ("quote's signature", lambda data: replace(REAL, quote=Statement(REAL.quote.message, data))),
    ("certification", lambda data: replace(REAL, certification=Statement(data, REAL.certification.signature))),
    ("its signature", lambda data: replace(REAL, certification=Statement(REAL.certification.message, data))),
    ("attesting area", lambda data: replace(REAL, attesting_area=data)),
    ("certified area", lambda data: replace(REAL, certified_area=data)),
]
_WHOLE = [
    REAL.quote.message,
    REAL.quote.signature,
    REAL.certification.message,
    REAL.certification.signature,
    REAL.attesting_area,
    REAL.certified_area,
]


_ATTRIBUTES = range(4, 8)


@settings(deadline=None)
@given(st.data())
def test_no_byte_can_be_changed(data: st.DataObject) -> None:
    """But the attesting key's attributes: they are its own word, for nobody certifies it."""
    number = data.draw(st.integers(0, len(_PARTS) - 1))
    whole = _WHOLE[number]
    places = [place for place in range(len(whole)) if number != 4 or place not in _ATTRIBUTES]
    place, change = data.draw(st.sampled_from(places)), data.draw(st.integers(1, 255))
    changed = whole[:place] + bytes([whole[place] ^ change]) + whole[place + 1 :]
    with pytest.raises(AttestationRefused):
        verify(_PARTS[number][1](changed), NONCE, RECORDED["public_key"])


@settings(deadline=None)
@given(st.integers(0, 5), st.binary(max_size=200))
def test_no_bytes_whatever_do_anything_but_be_refused(number: int, data: bytes) -> None:
    with pytest.raises(AttestationRefused):
        verify(_PARTS[number][1](data), NONCE, RECORDED["public_key"])


def test_the_forger_is_good_enough_to_be_stopped_by_one_thing_at_a_time() -> None:
    """What stops him at last is that the attesting key is kept: see attestation.py on what this proves."""
    forger = Forger()
    assert verify(forger.evidence(), NONCE, forger.public_key).public_key == forger.public_key


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"certified": HELD ^ FIXED_TPM | SIGN}, "the account's key lacks fixedTPM"),
        ({"certified": HELD ^ FIXED_PARENT | SIGN}, "fixedParent"),
        ({"certified": HELD ^ ORIGIN | SIGN}, "sensitiveDataOrigin"),
        ({"certified": HELD}, "sign"),
        ({"attesting": HELD | SIGN}, "the attesting key lacks restricted"),
        ({"attesting": HELD ^ FIXED_TPM | SIGN | RESTRICTED}, "the attesting key lacks fixedTPM"),
        ({"magic": b"TCG\xff"}, "no such statement"),
        ({"kinds": (CERTIFY, CERTIFY)}, "the quote is no such statement"),
        ({"kinds": (QUOTE, QUOTE)}, "the certification is no such statement"),
        ({"pcrs": bytes.fromhex("00000001 000b 03 000000")}, "other PCRs"),
        ({"pcrs": bytes.fromhex("00000001 0004 03 ff0000")}, "other PCRs"),
        ({"rest": b"\0"}, "bytes too many"),
        ({"curve": 4}, "none for ECDSA over P-256"),
        ({"scheme": 0x1A}, "none for ECDSA over P-256"),
    ],
)
def test_what_is_looked_at(wrong: dict[str, Any], word: str) -> None:
    forger = Forger()
    with pytest.raises(AttestationRefused, match=word):
        verify(forger.evidence(**wrong), NONCE, forger.public_key)


@pytest.mark.parametrize(
    "wrong",
    [{"quote": None}, {"quote": {}}, {"certification": None}, {"certified_public_area": "zz"}, {"quote": []}],
)
def test_an_answer_without_its_parts_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(AttestationRefused, match="not complete"):
        Evidence.read({**RECORDED, **wrong})
