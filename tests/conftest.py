"""Of all tests: no example is judged by how long it took, for machines are shared and noisy."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
