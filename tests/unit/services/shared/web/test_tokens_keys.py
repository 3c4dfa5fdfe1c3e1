"""The pool's keys: read seldom, kept over a restart, given up only for better ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from services.shared.web import Problem
from services.shared.web.tokens import JwksUnavailable, KeptKeys, KeySet, TokenVerifier, verifier
from tests.unit.services.shared.web.own_tokens import PAIR, POOL, Signer, claims


class Provider:
    """A pool's JWK set that counts how often it is read, and may be away."""

    def __init__(self, *entries: Any) -> None:
        self.entries: list[Any] = list(entries)
        self.reads = 0
        self.away = False
        self.now = 1000.0

    def read(self) -> Any:
        self.reads += 1
        if self.away:
            raise ConnectionError("away")
        return {"keys": self.entries}

    def keys(self, kept: KeptKeys | None = None) -> KeySet:
        return KeySet(
            self.read, clock=lambda: self.now, max_age_s=3600, pause_s=10, unknown_s=300, max_unknown=50, kept=kept
        )


def test_tokens_keys_are_read_once_and_again_after_an_hour() -> None:
    provider = Provider(PAIR.jwk)
    keys = provider.keys()
    assert all(keys.find("key-1") for _ in range(100))
    assert provider.reads == 1
    provider.now += 3601
    assert keys.find("key-1")
    assert provider.reads == 2


def test_tokens_a_flood_of_unknown_kids_causes_no_flood_of_reads() -> None:
    provider = Provider(PAIR.jwk)
    keys = provider.keys()
    assert [keys.find(f"made-up-{number}") for number in range(5000)] == [None] * 5000
    assert provider.reads == 1
    provider.now += 11
    assert keys.find("made-up-4999") is None
    assert provider.reads == 1, "an id that was not there is not asked for again for five minutes"
    assert keys.find("made-up-x") is None
    assert provider.reads == 2
    for number in range(5000):
        provider.now += 10
        keys.find(f"slow-{number}")
    assert len(keys._unknown) <= 50


def test_tokens_a_new_key_is_found_soon_after_a_rotation() -> None:
    provider = Provider(PAIR.jwk)
    keys = provider.keys()
    assert keys.find("key-1")
    fresh = Signer("key-2")
    provider.entries = [fresh.jwk]
    provider.now += 11
    assert keys.find("key-2")
    assert keys.find("key-1") is None, "a key that the pool took back counts no more"


def test_tokens_known_keys_stay_while_the_pool_is_away() -> None:
    provider = Provider(PAIR.jwk)
    keys = provider.keys()
    assert keys.find("key-1")
    provider.away = True
    provider.now += 30 * 86_400
    assert keys.find("key-1")
    assert keys.find("key-1")
    assert provider.reads == 2, "and it is not asked for by every call"


def test_tokens_without_any_key_it_is_503_and_not_401() -> None:
    provider = Provider(PAIR.jwk)
    provider.away = True
    verifier = TokenVerifier(POOL, provider.keys())
    for _ in range(3):
        with pytest.raises(Problem) as refusal:
            verifier.verify(PAIR.token(claims()))
        assert refusal.value.status == 503
    assert provider.reads == 1
    provider.away = False
    provider.now += 11
    assert verifier.verify(PAIR.token(claims())).username == "seller"


def test_tokens_keys_outlive_a_restart_while_the_pool_is_away(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    provider = Provider(PAIR.jwk)
    assert provider.keys(KeptKeys(file, "one")).find("key-1")
    assert file.stat().st_mode & 0o077 == 0
    provider.away = True
    keys = provider.keys(KeptKeys(file, "one"))
    assert keys.find("key-1")
    assert keys.find("key-1")
    assert provider.reads == 2, "the pool is asked first, and not by every call"
    with pytest.raises(JwksUnavailable):
        keys.find("key-2")  # it may be a new one, which nobody can say now
    with pytest.raises(JwksUnavailable):
        provider.keys(KeptKeys(file, "another")).find("key-1")


def test_tokens_kept_keys_follow_a_rotation(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    provider = Provider(PAIR.jwk)
    assert provider.keys(KeptKeys(file, "one")).find("key-1")
    written = file.stat().st_ino
    assert provider.keys(KeptKeys(file, "one")).find("key-1")
    assert file.stat().st_ino == written, "the same set is not written again"
    provider.entries = [Signer("key-2").jwk]
    keys = provider.keys(KeptKeys(file, "one"))
    assert keys.find("key-1") is None, "a key that the pool took back counts no more"
    provider.away = True
    again = provider.keys(KeptKeys(file, "one"))
    assert again.find("key-2")
    with pytest.raises(JwksUnavailable):
        again.find("key-1")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"source": "one", "jwks": 7}', '{"source": "one", "jwks": {"keys"'])
def test_tokens_a_torn_file_of_kept_keys_is_none(tmp_path: Path, text: str) -> None:
    file = tmp_path / "keys.json"
    file.write_text(text)
    provider = Provider(PAIR.jwk)
    provider.away = True
    with pytest.raises(JwksUnavailable):
        provider.keys(KeptKeys(file, "one")).find("key-1")
    provider.away = False
    assert provider.keys(KeptKeys(file, "one")).find("key-1")
    provider.away = True
    assert provider.keys(KeptKeys(file, "one")).find("key-1")


def test_tokens_without_a_place_for_them_keys_are_still_found(tmp_path: Path) -> None:
    assert Provider(PAIR.jwk).keys(KeptKeys(tmp_path / "no/such/folder.json", "one")).find("key-1")


@pytest.mark.parametrize(
    "entry",
    [
        {**PAIR.jwk, "kty": "oct", "k": "c2VjcmV0"},
        {**PAIR.jwk, "use": "enc"},
        {**PAIR.jwk, "alg": "HS256"},
        {**PAIR.jwk, "kid": 7},
        {**PAIR.jwk, "n": "!"},
        {"kty": "RSA", "kid": "key-1"},
        "-----BEGIN PUBLIC KEY-----",
        None,
    ],
)
def test_tokens_what_is_no_rsa_signature_key_is_left_out(entry: Any) -> None:
    keys = Provider(entry, Signer("good").jwk).keys()
    assert keys.find("good")
    assert keys.find("key-1") is None


@pytest.mark.parametrize("document", [None, [], {"keys": "x"}, "text"])
def test_tokens_what_is_no_key_set_does_not_replace_one(document: Any) -> None:
    provider = Provider(PAIR.jwk)
    keys = provider.keys()
    assert keys.find("key-1")
    keys._read = lambda: document
    provider.now += 4000
    assert keys.find("key-1")


def test_tokens_one_that_was_seen_is_not_looked_through_again_until_it_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[str] = []
    decode = verifier.jwt.decode
    monkeypatch.setattr(verifier.jwt, "decode", lambda token, *a, **k: decoded.append(token) or decode(token, *a, **k))
    verifies = TokenVerifier(POOL, Provider(PAIR.jwk).keys())
    told = claims()
    token, exp = PAIR.token(told), told["exp"]
    assert verifies.verify(token) == verifies.verify(token)
    assert len(decoded) == 1
    monkeypatch.setattr(verifier.time, "time", lambda: exp + 1.0)
    verifies.verify(token)
    assert len(decoded) == 2


def test_tokens_one_that_was_seen_counts_no_more_when_its_key_is_taken_back() -> None:
    provider = Provider(PAIR.jwk)
    verifies = TokenVerifier(POOL, provider.keys())
    token = PAIR.token(claims())
    verifies.verify(token)
    fresh = Signer("key-2")
    provider.entries = [fresh.jwk]
    provider.now += 11
    verifies.verify(fresh.token(claims()))
    with pytest.raises(Problem) as refused:
        verifies.verify(token)
    assert refused.value.status == 401


def test_tokens_seen_ones_take_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifier, "_SEEN_MOST", 3)
    verifies = TokenVerifier(POOL, Provider(PAIR.jwk).keys())
    for number in range(10):
        verifies.verify(PAIR.token(claims(sub=f"person-{number}")))
        assert len(verifies._seen) <= 3
