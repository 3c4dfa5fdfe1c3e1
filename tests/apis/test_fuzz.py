"""R6: no answer of 500 and none that breaks the service's document, whatever is sent."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.apis.document import Operation, all_operations
from tests.apis.target import Target
from tests.fuzz import fuzz


@pytest.mark.parametrize("operation", list(all_operations()), ids=str)
def test_every_answer_is_one_that_the_document_names(target: Callable[[str], Target], operation: Operation) -> None:
    statuses = fuzz(target(operation.service), operation)
    print(operation, dict(sorted(statuses.items())))  # noqa: T201
