"""R6: what schemathesis makes of a service's own document is sent to it; every answer is held against that document.

How many examples each operation gets: TBI_FUZZ_EXAMPLES, 15 when it is not set; half of them fit the document, half do
not. The full run: `TBI_FUZZ_EXAMPLES=200 python -m pytest tests/apis/test_fuzz.py -s`.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi import checks

from services.shared.web.tokens import ANYONE
from tests.apis.document import EVENT_STREAM, Operation, document
from tests.apis.target import Target, passing

EXAMPLES = int(os.environ.get("TBI_FUZZ_EXAMPLES", "15"))
PROBLEM_JSON = "application/problem+json"
_CHECKS = [
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
_OF_EVERY_ROUTE = {400, 401, 503}
_TIMEOUT_S = 60


def fuzz(target: Target, operation: Operation, examples: int = EXAMPLES) -> Counter[int]:
    """Sends so many examples; gives how often each status was answered. Raises what schemathesis' checks raise."""
    statuses: Counter[int] = Counter()
    positive, negative = _strategy(operation, GenerationMode.POSITIVE), _strategy(operation, GenerationMode.NEGATIVE)

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=positive if negative is None else st.one_of(positive, negative),
        kind=st.sampled_from(passing(operation)),
        chance=st.randoms(use_true_random=False),
    )
    def run(case: Case, kind: str, chance: random.Random) -> None:
        _put_real_values(case, target.known, chance)
        statuses[_send(target, operation, case, kind)] += 1

    run()
    return statuses


def _send(target: Target, operation: Operation, case: Case, kind: str) -> int:
    headers = target.headers(kind)
    base = target.root + document(operation.service)["basePath"]
    if operation.is_stream:
        return _open_stream(operation, case.as_transport_kwargs(base_url=base, headers=headers))
    answer = case.call(base_url=base, headers=headers, timeout=_TIMEOUT_S)
    check_answer(operation, answer.status_code, answer.headers, answer.content)
    case.validate_response(answer, checks=_CHECKS)
    return answer.status_code


def _open_stream(operation: Operation, sent: Mapping[str, Any]) -> int:
    """An answer that has no end is looked at from the front."""
    with requests.request(**{**sent, "stream": True}, timeout=_TIMEOUT_S) as answer:
        if answer.status_code < 300:
            assert answer.headers["Content-Type"].partition(";")[0] == EVENT_STREAM
            return answer.status_code
        headers = {name.lower(): [text] for name, text in answer.headers.items()}
        check_answer(operation, answer.status_code, headers, answer.content)
        return answer.status_code


def check_answer(operation: Operation, status: int, headers: Mapping[str, Any], content: bytes) -> None:
    """A status that the document names for the route, or one that every route has; errors as problems.

    A 503 with an incident is an error of the service's own that was caught at the last moment: as bad as a 500.
    """
    known = operation.statuses | _OF_EVERY_ROUTE
    if ANYONE not in operation.groups:
        known |= {403}
    if "Idempotency-Key" in operation.parameters_in("header"):
        known |= {409}
    shown = content[:500]
    assert status in known, f"{operation} does not say that it may answer {status}: {shown!r}"
    if status < 400:
        return
    assert next(iter(headers["content-type"])) == PROBLEM_JSON, shown
    told = json.loads(content)
    assert "incident" not in told, told
    assert told["status"] == status
    if status in (503, 504):
        assert "retry-after" in headers, told


def _put_real_values(case: Case, known: Mapping[str, tuple[Any, ...]], chance: random.Random) -> None:
    """In most cases some or all ids and other values are real: else every answer would be a 400 or 404."""
    share = chance.choice((0.0, 0.5, 1.0, 1.0))
    if "Idempotency-Key" in case.headers and chance.random() < share:
        case.headers["Idempotency-Key"] = f"fuzz-{chance.getrandbits(64)}"
    for place in (case.path_parameters, case.query, case.body):
        for name in list(place) if isinstance(place, dict) else ():
            if name in known and chance.random() < share:
                place[name] = chance.choice(known[name])


@cache
def _schema(service: str) -> Any:
    """Without what it says of tokens, so that no call is wasted on a wrong one: those are R7's.

    With bodies closed, as the services read them: an unknown field is wrong input.
    """
    told = deepcopy({name: part for name, part in document(service).items() if not name.startswith("security")})
    for item in told["paths"].values():
        for operation in (part for part in item.values() if isinstance(part, dict)):
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "body":
                    parameter["schema"] = _closed(parameter["schema"], told["definitions"])
    schema = schemathesis.openapi.from_dict(told)
    return {found.ok().label: found.ok() for found in schema.get_all_operations()}


def _closed(schema: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_closed(part, definitions) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("$ref"), str):
        return _closed(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    closed = {name: _closed(part, definitions) for name, part in schema.items()}
    return {"additionalProperties": False, **closed} if isinstance(closed.get("properties"), dict) else closed


def _strategy(operation: Operation, mode: GenerationMode) -> Any:
    """None where there is nothing that could be wrong."""
    if mode is GenerationMode.NEGATIVE and not operation.parameters:
        return None
    return _schema(operation.service)[operation.label].as_strategy(mode)
