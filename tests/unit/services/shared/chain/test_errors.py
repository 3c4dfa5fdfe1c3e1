"""What a node says, read."""

from __future__ import annotations

import pytest

from services.shared.chain import errors
from services.shared.chain.errors import ChainError, ContractRefused, from_node, refusal


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (3040005, errors.TransactionExpired),
        (3040007, errors.TransactionExpired),
        (3040008, errors.DuplicateTransaction),
        (3050003, errors.ContractRefused),
        (3040000, errors.ContractRefused),
        (3060002, errors.NotFound),
        (3080001, errors.ResourcesExhausted),
        (3080004, errors.ResourcesExhausted),
        (3090003, errors.AuthorityMissing),
        (3090004, errors.AuthorityMissing),
        (3010010, errors.ChainError),
    ],
)
def test_codes_of_the_node(code: int, kind: type[ChainError]) -> None:
    error = from_node({"code": code, "name": "n", "what": "w", "details": [{"message": "m"}]})
    assert type(error) is kind
    assert "m" in str(error)


def test_resources_are_worth_another_try() -> None:
    assert issubclass(errors.ResourcesExhausted, errors.ChainUnavailable)
    assert issubclass(errors.OutcomeUnknown, errors.ChainUnavailable)


@pytest.mark.parametrize(
    ("text", "rule", "message"),
    [
        (
            "assertion failure with message: M-BID-02: the price must be at least 280000",
            "M-BID-02",
            "the price must be",
        ),
        ("assertion failure with message: overdrawn balance", None, "overdrawn"),
        ("M-OFF-07: once", "M-OFF-07", "once"),
        ("see M-OFF-07 for it", None, "see M-OFF-07"),
    ],
)
def test_the_rule_is_taken_from_the_front_of_a_refusal(text: str, rule: str | None, message: str) -> None:
    error = refusal(text)
    assert isinstance(error, ContractRefused)
    assert error.rule == rule
    assert error.message.startswith(message)
    assert str(error).startswith(rule or message)


def test_an_answer_without_details_is_still_an_error() -> None:
    assert "what" in str(from_node({"code": 3050003, "what": "what", "details": []}))
    assert "unknown" in str(from_node({}))
