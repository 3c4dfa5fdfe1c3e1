"""Waiting ends with the value or with a sentence."""

import pytest

from services.shared.wait import wait_until


def test_the_value_that_was_waited_for_is_given() -> None:
    values = iter([None, 0, "there"])
    assert wait_until(lambda: next(values), timeout=5, every=0.001) == "there"


def test_after_the_deadline_it_says_what_did_not_come() -> None:
    with pytest.raises(TimeoutError, match=r"the chain's first block: not within 0\.01 s"):
        wait_until(lambda: False, timeout=0.01, every=0.001, what="the chain's first block")


def test_what_the_predicate_raises_goes_through() -> None:
    with pytest.raises(ZeroDivisionError):
        wait_until(lambda: 1 / 0, timeout=1)
