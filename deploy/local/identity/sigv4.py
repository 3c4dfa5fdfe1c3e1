"""Whether a request was signed with the emulation's administration key (AWS Signature Version 4).

ministack looks at the key's name only. Runs in the emulation's own environment, with botocore's arithmetic.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

_MAX_SKEW = timedelta(minutes=5)
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/[0-9]{8}/([^/]+)/([^/]+)/aws4_request, ?"
    r"SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})"
)
_MUST_BE_SIGNED = {"host", "x-amz-date", "x-amz-target"}


def is_signed(
    headers: Mapping[str, str], body: bytes, *, access_key_id: str, secret_access_key: str, now: datetime | None = None
) -> bool:
    """Whether POST / with these headers (names in lower case) and body is signed with this key, now or just before."""
    found = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if found is None:
        return False
    key_id, region, service, names, signature = found.groups()
    signed = names.split(";")
    if key_id != access_key_id or not set(signed) >= _MUST_BE_SIGNED or not set(signed) <= headers.keys():
        return False
    timestamp = headers["x-amz-date"]
    if not _is_fresh(timestamp, now or datetime.now(UTC)):
        return False
    signer: Any = SigV4Auth(Credentials(access_key_id, secret_access_key), service, region)
    expected = _signature(signer, {name: headers[name] for name in signed}, body, timestamp)
    return hmac.compare_digest(expected, signature)


def _is_fresh(timestamp: str, now: datetime) -> bool:
    try:
        made = datetime.strptime(timestamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return False
    return abs(now - made) <= _MAX_SKEW


def _signature(signer: Any, signed: Mapping[str, str], body: bytes, timestamp: str) -> str:
    request = AWSRequest("POST", f"http://{signed['host']}/", headers=dict(signed), data=body)
    request.context["timestamp"] = timestamp
    return str(signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request))
