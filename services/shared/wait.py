"""Waiting for a condition with a deadline, in place of sleeping and hoping."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(
    predicate: Callable[[], T | None], timeout: float, every: float = 0.05, what: str = "the condition"
) -> T:
    """Call `predicate` every `every` seconds until its value is true, and return that value.

    Raises TimeoutError, naming `what` was waited for, when `timeout` seconds have passed. What `predicate` raises
    goes through: an expected failure is the predicate's business.
    """
    deadline = time.monotonic() + timeout
    while not (value := predicate()):
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"{what}: not within {timeout:g} s")
        time.sleep(min(every, left))
    return value
