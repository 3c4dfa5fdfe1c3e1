"""The random actions of a story: what may happen next."""

from tests.contracts.moves.life import Moves

__all__ = ["Moves"]
