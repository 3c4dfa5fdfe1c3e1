"""One event, one line, whatever it holds."""

import logging

from services.shared.web.logs import OneLine


def line_of(message: str, *arguments: object, error: BaseException | None = None) -> str:
    information = (type(error), error, error.__traceback__) if error is not None else None
    record = logging.LogRecord("services.x", logging.INFO, __file__, 1, message, arguments, information)
    record.created, record.msecs = 1_700_000_000.5, 500.0
    return OneLine("thing-api").format(record)


def test_a_line_has_utc_time_level_service_and_text() -> None:
    assert line_of("made %d", 3) == "2023-11-14T22:13:20.500Z INFO thing-api services.x: made 3"


def test_a_value_from_outside_cannot_begin_a_line() -> None:
    line = line_of("got %s", "a\r\n2023 ERROR forged\x1b[31m\x85\u2028")
    assert line.endswith(r"got a\r\n2023 ERROR forged\x1b[31m\x85\u2028")
    assert len(line.splitlines()) == 1


def test_a_traceback_stays_on_its_line() -> None:
    try:
        raise ValueError("why")
    except ValueError as error:
        line = line_of("failed", error=error)
    assert "ValueError: why" in line
    assert len(line.splitlines()) == 1
