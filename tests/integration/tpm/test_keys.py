"""Keys: made once, held fast by the TPM, attested, and there after whatever happens."""

import hashlib
import signal
import struct
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from services.tpm_api import commands
from services.tpm_api.commands import FIRST_HANDLE
from services.tpm_api.errors import KeyLost, TpmError
from services.tpm_api.keystore import KeyRecord, KeyStore
from services.tpm_api.service import TpmService
from services.tpm_api.tpm import Tpm, TpmSession

from .conftest import SoftwareTpm, TpmApi, transaction
from .curve import public_text

# TPM 2.0 Library, Part 2: 8.3 (object attributes), 10.12 (attestation)
FIXED_TPM, FIXED_PARENT, ORIGIN_HERE, NO_DA, RESTRICTED, SIGN = (1 << bit for bit in (1, 4, 5, 10, 16, 18))
ADMIN_WITH_POLICY = 1 << 7
CERTIFY, QUOTE = 0x8017, 0x8018


def parsed_area(area: str) -> tuple[int, str]:
    """(attributes, PUB_R1_ key) of a TPMT_PUBLIC of an ECC key."""
    raw = bytes.fromhex(area)
    kind, name_algorithm, attributes, policy = struct.unpack(">HHIH", raw[:10])
    assert (kind, name_algorithm, policy) == (0x0023, 0x000B, 32)
    assert raw[10:42] == certify_only()
    rest = raw[42:]
    symmetric, scheme, scheme_hash, curve, kdf, x_size = struct.unpack(">HHHHHH", rest[:12])
    assert (symmetric, scheme, scheme_hash, curve, kdf) == (0x0010, 0x0018, 0x000B, 0x0003, 0x0010)
    x = int.from_bytes(rest[12 : 12 + x_size], "big")
    y = int.from_bytes(rest[14 + x_size :], "big")
    return attributes, public_text(x, y)


def certify_only() -> bytes:
    """The digest of PolicyAuthValue (16B) and PolicyCommandCode (16C) of Certify (148): Part 3, 23.11 and 23.17."""
    first = hashlib.sha256(bytes(32) + bytes.fromhex("0000016b")).digest()
    return hashlib.sha256(first + bytes.fromhex("0000016c00000148")).digest()


def name_of(area: str) -> bytes:
    return b"\x00\x0b" + hashlib.sha256(bytes.fromhex(area)).digest()


def said(statement: dict[str, str], key: dict[str, Any]) -> tuple[int, bytes, bytes]:
    """(type, nonce, what follows the clock and firmware) of an attestation that `key` signed."""
    message, signature = bytes.fromhex(statement["message"]), bytes.fromhex(statement["signature"])
    pem = load_pem_public_key(key["pem"].encode())
    assert isinstance(pem, ec.EllipticCurvePublicKey)
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    pem.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    magic, kind, signer_size = struct.unpack(">4sHH", message[:8])
    assert magic == b"\xffTCG"
    rest = message[8 + signer_size :]
    nonce_size = int.from_bytes(rest[:2], "big")
    return kind, rest[2 : 2 + nonce_size], rest[2 + nonce_size + 17 + 8 :]


def test_the_key_is_certified_to_be_held_fast_by_the_tpm(box: TpmApi) -> None:
    nonce = bytes(range(32))
    answer = box.call("POST", "/quote", {"nonce": nonce.hex(), "label": "account"}).json()
    kind, echoed, certified = said(answer["certification"], answer["attesting_key"])
    assert (kind, echoed) == (CERTIFY, nonce)
    size = int.from_bytes(certified[:2], "big")
    assert certified[2 : 2 + size] == name_of(answer["certified_public_area"])
    attributes, public_key = parsed_area(answer["certified_public_area"])
    assert public_key == box.new_key()["public_key"]
    wanted = FIXED_TPM | FIXED_PARENT | ORIGIN_HERE | NO_DA | SIGN | ADMIN_WITH_POLICY
    assert attributes & wanted == wanted
    assert not attributes & RESTRICTED


def test_the_quote_comes_from_a_key_that_signs_nothing_made_elsewhere(box: TpmApi) -> None:
    nonce = bytes(8)
    answer = box.call("POST", "/quote", {"nonce": nonce.hex()}).json()
    kind, echoed, quoted = said(answer["quote"], answer["attesting_key"])
    assert (kind, echoed) == (QUOTE, nonce)
    attributes, public_key = parsed_area(answer["attesting_public_area"])
    assert public_key == answer["attesting_key"]["public_key"] != box.new_key()["public_key"]
    assert attributes & RESTRICTED
    # One selection: SHA-256, PCRs 0-7; all are zero in a fresh swtpm.
    assert quoted[:4] == bytes([0, 0, 0, 1])
    assert quoted[4:10] == bytes.fromhex("000b03ff0000")
    assert quoted[12:] == hashlib.sha256(bytes(32 * 8)).digest()
    assert "certification" not in answer


@pytest.mark.parametrize("nonce", ["", "00" * 7, "00" * 33, "zz" * 8, "0" * 17])
def test_a_nonce_has_8_to_32_bytes(box: TpmApi, nonce: str) -> None:
    answer = box.call("POST", "/quote", {"nonce": nonce})
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"nonce"})


def test_a_label_has_one_key_for_ever(api: TpmApi) -> None:
    first = api.call("POST", "/key", {"label": "account"})
    again = api.call("POST", "/key", {"label": "account"})
    other = api.call("POST", "/key", {"label": "other"})
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 201)
    assert first.json() == again.json() == api.call("GET", "/key/account").json()
    assert first.json()["public_key"] != other.json()["public_key"]
    api.call("POST", "/quote", {"nonce": "00" * 8})
    assert [key["label"] for key in api.call("GET", "/keys").json()["items"]] == ["account", "other"]
    assert api.call("GET", "/key/-attestation").status_code == 400


def test_a_box_has_room_for_a_bounded_number_of_keys(api: TpmApi) -> None:
    statuses = [api.call("POST", "/key", {"label": f"key{number}"}).status_code for number in range(9)]
    assert statuses == [201] * 8 + [409]
    assert api.call("POST", "/quote", {"nonce": "00" * 8, "label": "key7"}).status_code == 200


@pytest.mark.parametrize("end_tpm_with", [signal.SIGTERM, signal.SIGKILL])
def test_the_key_survives_a_restart_of_tpm_and_service(api: TpmApi, swtpm: SoftwareTpm, end_tpm_with: int) -> None:
    key = api.new_key()
    assert api.end() == 0
    swtpm.end(end_tpm_with)
    swtpm.start()
    api.start()
    assert api.call("GET", "/key/account").json() == key
    assert api.sign(transaction()).json()["public_key"] == key["public_key"]


def test_another_tpm_in_its_place_is_a_409_and_not_another_key(api: TpmApi, swtpm: SoftwareTpm, tmp_path: Path) -> None:
    api.new_key()
    swtpm.end()
    (tmp_path / "other").mkdir()
    swtpm.start(tmp_path / "other")
    for answer in (api.sign(transaction()), api.call("POST", "/key", {"label": "account"})):
        assert answer.status_code == 409
        assert "does not hold this key" in answer.json()["detail"]


class PowerCut(Exception):  # noqa: N818 - what happens
    pass


class CutAfterTheKey(KeyStore):
    def complete(self, record: KeyRecord) -> None:
        raise PowerCut(record.label)


class CutBeforeTheKey(KeyStore):
    def begin(self, record: KeyRecord) -> None:
        super().begin(record)
        raise PowerCut


def service_with(store: KeyStore, swtpm: SoftwareTpm) -> TpmService:
    return TpmService(swtpm.tcti, store, account=lambda: "box1", clock=lambda: 0.0)


def test_a_power_cut_after_the_key_was_made_loses_nothing(tmp_path: Path, swtpm: SoftwareTpm) -> None:
    with pytest.raises(PowerCut):
        service_with(CutAfterTheKey(tmp_path / "keys"), swtpm).create_key("account")
    later = service_with(KeyStore(tmp_path / "keys"), swtpm)
    assert later.list_keys() == []
    later.state()  # the first command of all finishes what was broken off
    assert [key.label for key in later.list_keys()] == ["account"]
    assert later.create_key("account")[1] is False
    later.sign_journal("account", bytes(32))


def test_a_power_cut_before_the_key_was_made_leaves_nothing_behind(tmp_path: Path, swtpm: SoftwareTpm) -> None:
    with pytest.raises(PowerCut):
        service_with(CutBeforeTheKey(tmp_path / "keys"), swtpm).create_key("account")
    assert Tpm(swtpm.tcti).run(lambda session: session.handles(FIRST_HANDLE)) == []
    later = service_with(KeyStore(tmp_path / "keys"), swtpm)
    assert later.create_key("account")[1] is True
    assert list((tmp_path / "keys").glob("*.pending")) == []


def test_not_even_with_its_value_the_key_is_given_another(tmp_path: Path, swtpm: SoftwareTpm) -> None:
    """TPM_RC_AUTH_TYPE: its administrator acts by policy, and that names TPM2_Certify alone."""
    service_with(KeyStore(tmp_path / "keys"), swtpm).create_key("account")
    record = KeyStore(tmp_path / "keys").all()[0]

    def change(session: TpmSession) -> None:
        key = session.key(record.handle, record.auth, bytes.fromhex(record.public_area))
        session.esapi.object_change_auth(key, commands.storage_root(session), "mine")

    with pytest.raises(TpmError, match="0x124"):
        Tpm(swtpm.tcti).run(change)


def test_a_key_of_an_earlier_version_is_certified_as_before(
    tmp_path: Path, swtpm: SoftwareTpm, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(commands, "ADMIN_POLICY", b"")
        earlier.setattr(commands, "SIGNING", commands.SIGNING & ~ADMIN_WITH_POLICY)
        service_with(KeyStore(tmp_path / "keys"), swtpm).create_key("account")
    told = service_with(KeyStore(tmp_path / "keys"), swtpm).attest(bytes(8), "account")
    assert told.certified_public_area is not None
    assert not int.from_bytes(told.certified_public_area[4:8], "big") & ADMIN_WITH_POLICY
    assert told.certification is not None


def test_a_certification_leaves_no_session_behind(tmp_path: Path, swtpm: SoftwareTpm) -> None:
    service = service_with(KeyStore(tmp_path / "keys"), swtpm)
    service.create_key("account")
    for _ in range(8):  # a software TPM has room for three
        service.attest(bytes(8), "account")
    assert Tpm(swtpm.tcti).run(lambda session: session.handles(0x02000000) + session.handles(0x03000000)) == []


def test_a_wrong_authorisation_value_never_locks_the_tpm(tmp_path: Path, swtpm: SoftwareTpm) -> None:
    service_with(KeyStore(tmp_path / "keys"), swtpm).create_key("account")
    file = tmp_path / "keys" / "account.json"
    good = file.read_text()
    auth = KeyStore(tmp_path / "keys").all()[0].auth
    file.write_text(good.replace(auth, "0" * 32))
    wrong = service_with(KeyStore(tmp_path / "keys"), swtpm)
    for _ in range(40):
        with pytest.raises(KeyLost, match="authorisation"):
            wrong.sign_journal("account", bytes(32))
    assert wrong.state().endswith("lock-out counter 0")
    file.write_text(good)
    service_with(KeyStore(tmp_path / "keys"), swtpm).sign_journal("account", bytes(32))
