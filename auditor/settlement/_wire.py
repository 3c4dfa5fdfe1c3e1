"""TEMPORARY: stands for auditor.wire until it is merged."""

import hashlib
from dataclasses import dataclass

from coincurve import PublicKey
from services.shared.chain import keys
from services.shared.chain.primitives import Reader as _Reader
from services.shared.chain.primitives import int_to_name, name_to_int, prefixed, varuint32


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


class Reader(_Reader):
    def integer(self, size: int, signed: bool = False) -> int:
        return int.from_bytes(self.take(size), "little", signed=signed)

    def name(self) -> str:
        return int_to_name(self.integer(8))


def name(text: str) -> bytes:
    return name_to_int(text).to_bytes(8, "little")


def recover(signature: str, digest: bytes) -> str:
    kind, sig = keys.from_text("SIG", signature)
    if kind == "K1":
        body = PublicKey.from_signature_and_message(sig[1:] + bytes([sig[0] - 31]), digest, hasher=None).format()
        return keys.to_text("PUB", "K1", body)
    raise NotImplementedError


class WireError(Exception):
    pass


def _end(self):
    if self.left:
        raise WireError("more bytes than there should be")


def _key(self):
    kind = self.take(1)[0]
    return keys.to_text("PUB", keys.TYPES[kind], self.take(33))


Reader.end = _end
Reader.public_key = _key


def merkle_root(leaves):
    level = list(leaves)
    if not level:
        return bytes(32)
    while len(level) > 1:
        level += level[-1:] * (len(level) % 2)
        level = [pair(a, b) for a, b in zip(level[::2], level[1::2], strict=True)]
    return level[0]


def pair(a, b):
    return sha256(bytes([a[0] & 0x7F]) + a[1:] + bytes([b[0] | 0x80]) + b[1:])


@dataclass(frozen=True)
class Header:
    timestamp: int
    producer: str
    confirmed: int
    previous: bytes
    transaction_mroot: bytes
    action_mroot: bytes
    schedule_version: int
    new_producers: bytes
    extensions: tuple

    def pack(self):
        return (self.timestamp.to_bytes(4, "little") + name(self.producer) + self.confirmed.to_bytes(2, "little")
                + self.previous + self.transaction_mroot + self.action_mroot + self.schedule_version.to_bytes(4, "little") + b"\0"
                + varuint32(len(self.extensions)) + b"".join(n.to_bytes(2, "little") + prefixed(d) for n, d in self.extensions))

    @property
    def digest(self):
        return sha256(self.pack())

    @property
    def number(self):
        return int.from_bytes(self.previous[:4], "big") + 1

    @property
    def id(self):
        return self.number.to_bytes(4, "big") + self.digest[4:]

    @property
    def time(self):
        return (self.timestamp * 500 + 946684800000) / 1000

    @classmethod
    def unpack(cls, data):
        r = Reader(data)
        h = cls(r.integer(4), r.name(), r.integer(2), r.take(32), r.take(32), r.take(32), r.integer(4), r.take(1), tuple((r.integer(2), r.prefixed()) for _ in range(r.varuint32())))
        r.end()
        if h.new_producers != b"\0":
            raise WireError("legacy")
        return h


from services.shared.chain.transaction import unpack_transaction  # noqa


def transaction_digest(chain_id, packed, context_free=b""):
    return sha256(bytes.fromhex(chain_id) + packed + (sha256(context_free) if context_free else bytes(32)))


def receipt_digest(status, cpu, net, signatures, packed, context_free=b"", compression=0):
    prunable = sha256(varuint32(len(signatures)) + b"".join(keys.to_binary("SIG", s) for s in signatures) + prefixed(context_free))
    return sha256(bytes([status]) + cpu.to_bytes(4, "little") + varuint32(net) + sha256(bytes([compression]) + prefixed(packed) + prunable))


r1_public_key, r1_signature = keys.r1_public_key, keys.r1_signature
_k1 = recover


def recover(signature, digest):
    kind, sig = keys.from_text("SIG", signature)
    if kind == "K1":
        return _k1(signature, digest)
    r, s = int.from_bytes(sig[1:33], "big"), int.from_bytes(sig[33:], "big")
    rid = sig[0] - 31
    x = r + (keys.N if rid & 2 else 0)
    R = keys.decompressed(bytes([2 + (rid & 1)]) + x.to_bytes(32, "big"))
    e = int.from_bytes(digest, "big")
    ri = pow(r, -1, keys.N)
    def mul(k, p):
        out = None
        while k:
            if k & 1:
                out = p if out is None else keys._add(out, p)
            p = keys._add(p, p)
            k >>= 1
        return out
    G = keys._base_product(1)
    q = keys._add(mul(s * ri % keys.N, R), mul(-e * ri % keys.N, G))
    return keys.to_text("PUB", "R1", keys.compressed(q))


def public_key(text):
    return keys.to_binary("PUB", text)
