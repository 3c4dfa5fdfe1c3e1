"""What the document says of who may call: the matrix of routes and callers is made from it."""

from __future__ import annotations

from typing import Any

from services.cls_box_logic.app import describe
from services.shared.web.openapi import document_of, is_current

BOX, CLOUD = "box", "background-manager-logic"


def operations() -> dict[str, dict[str, Any]]:
    """Every operation by method and path, without health."""
    paths = document_of(describe())["paths"]
    return {
        f"{method} {path.removeprefix('/api/v1')}": operation
        for path, item in paths.items()
        for method, operation in item.items()
        if method in ("get", "put", "post", "delete", "patch") and not path.endswith("/health")
    }


def test_document_is_current() -> None:
    assert is_current("cls_box_logic")


def test_document_says_of_every_route_who_may() -> None:
    callers = {name: operation["x-callers"] for name, operation in operations().items()}
    alone = {name for name, who in callers.items() if who == [BOX]}
    assert alone == {"post /event", "get /job/{job_id}"}
    assert all(who == [BOX, CLOUD] for name, who in callers.items() if name not in alone)


def test_document_asks_for_the_users_token_with_orders_alone() -> None:
    asked = {
        name
        for name, operation in operations().items()
        for parameter in operation.get("parameters", [])
        if parameter["name"] == "X-User-Token" and parameter["required"]
    }
    kinds = ("offer", "bid", "retract", "deposit", "withdraw", "passive-accept", "passive-drop", "passive-end")
    kinds += ("p2p-propose", "p2p-drop", "p2p-accept")
    assert asked == {f"post /market/{kind}" for kind in kinds}
