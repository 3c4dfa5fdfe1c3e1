"""Durability is the disk's business: hundreds of updates in these tests wait for none."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True, scope="module")
def _no_waiting_for_the_disk() -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _descriptor: None)
        yield
