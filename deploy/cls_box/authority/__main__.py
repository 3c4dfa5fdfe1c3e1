"""The authority by hand: `python -m deploy.cls_box.authority ACT FOLDER ...`. Exit code 0, or 2 with a sentence."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from deploy.cls_box.authority.authority import RENEW_BEFORE, Authority, AuthorityError
from deploy.cls_box.authority.certificates import REASONS, key_pem, new_key, request
from deploy.local.identity.files import write_secret


def main(arguments: Sequence[str] | None = None) -> int:
    told = _parser().parse_args(arguments)
    try:
        _ACTS[told.act](told)
    except (AuthorityError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="authority", description="Certificates of boxes and of their gateway.")
    parser.add_argument("act", choices=_ACTS)
    parser.add_argument("folder", type=Path, help="the authority's folder")
    parser.add_argument("name", nargs="?", default="", help="the box, or the gateway")
    parser.add_argument("--request", type=Path, help="issue: the box's request (PKCS#10, PEM)")
    parser.add_argument("--address", action="append", default=[], help="gateway: a name or address boxes call it by")
    parser.add_argument("--reason", choices=REASONS, default="retired", help="revoke: why")
    parser.add_argument("--out", type=Path, help="gateway: the folder for its key, certificate, authority and list")
    return parser


def _make(told: argparse.Namespace) -> None:
    Authority.make(told.folder)


def _issue(told: argparse.Namespace) -> None:
    if told.request is None:
        raise AuthorityError("issue: --request is needed")
    sys.stdout.write(Authority(told.folder).issue(told.name, told.request.read_text()).chain)


def _gateway(told: argparse.Namespace) -> None:
    if told.out is None or not told.address:
        raise AuthorityError("gateway: --out and --address are needed")
    lay_out_gateway(Authority(told.folder), told.out, told.address)


def lay_out_gateway(authority: Authority, folder: Path, addresses: Sequence[str]) -> None:
    """What the gateway's listener for boxes reads; a new key and certificate each time."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = new_key()
    issued = authority.issue_server("gateway", request(key, "gateway"), addresses)
    write_secret(folder / "gateway.key", key_pem(key))
    write_secret(folder / "gateway.pem", issued.chain)
    write_secret(folder / "boxes.pem", authority.trusted)
    write_secret(folder / "boxes.crl", authority.publish().read_text())


def _revoke(told: argparse.Namespace) -> None:
    gone = Authority(told.folder).revoke(told.name, told.reason)
    sys.stdout.write(
        f"{len(gone)} certificates revoked; lay boxes.crl into the gateway's folder `link`: it follows within 15 s\n"
    )


def _list(told: argparse.Namespace) -> None:
    now = datetime.now(UTC)
    for one in Authority(told.folder).issued(told.name or None):
        word = f"revoked ({one.reason})" if one.revoked else ("valid" if one.is_valid(now) else "expired")
        due = ", renew now" if one.is_valid(now) and one.is_due(now) else ""
        sys.stdout.write(f"{one.name:20} {one.kind:7} until {one.not_after}  {word}{due}  {one.serial}\n")


def _crl(told: argparse.Namespace) -> None:
    authority = Authority(told.folder)
    sys.stdout.write(f"{authority.publish()}\n")
    if (until := authority.root_list_until()) - datetime.now(UTC) <= RENEW_BEFORE:
        raise AuthorityError(
            f"boxes.crl is written, but the root's own list in it runs out on {until:%Y-%m-%d}, and then no box comes "
            f"in: lay root.key into {told.folder} for one `crl`"
        )


_ACTS = {"make": _make, "issue": _issue, "gateway": _gateway, "revoke": _revoke, "list": _list, "crl": _crl}

if __name__ == "__main__":
    sys.exit(main())
