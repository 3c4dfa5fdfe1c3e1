"""What connectors told of the story."""

from __future__ import annotations

import json
from typing import Any

from tests.integration.chain.connector import Connector
from tests.integration.network.four_producers.story import Story


def told_by(connector: Connector, stream: str, since: int = 0) -> list[tuple[int, str, dict[str, Any]]]:
    text = connector.get("/watcher/events", stream=stream, follow_s=0, since=since).text
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and not line.startswith(":"))
        if "data" in fields:
            found.append((int(fields["id"]), fields["event"], json.loads(fields["data"])))
    return found


def memos(story: Story, told: list[tuple[int, str, dict[str, Any]]]) -> list[str]:
    """Of the story's orders."""
    return [
        data["data"]["memo"] for _, kind, data in told if kind == "tbitoken.issue" and data["block_num"] > story.first
    ]


def standing(story: Story, connector: Connector) -> list[str]:
    """What a subscriber of the head has in the end."""
    kept: dict[int, tuple[int, str, dict[str, Any]]] = {}
    for item in told_by(connector, "head"):
        if item[1] == "chain.undo":
            for gone in item[2]["undone"]:
                del kept[gone]
        else:
            kept[item[0]] = item
    return memos(story, list(kept.values()))


def told_until(story: Story, connector: Connector, orders: int) -> list[tuple[int, str, dict[str, Any]]] | None:
    """What the irreversible stream told up to the story's finality, once it has come to so many orders."""
    told = [item for item in told_by(connector, "irreversible") if item[2]["block_num"] <= story.final]
    return told if len(memos(story, told)) >= orders else None
