"""What a use case may say no with; problems.py makes answers of it."""

from __future__ import annotations


class ForecastError(Exception):
    """The base of them all. The text is one sentence with cause and cure."""


class NotOwner(ForecastError):  # noqa: N818 - it says what is
    """The unit is another participant's, or a parameter is not the caller's to give."""


class NotGiven(ForecastError):  # noqa: N818 - it says what is
    """Something is missing that only the caller knows. `parameter` names it."""

    def __init__(self, parameter: str, text: str) -> None:
        super().__init__(text)
        self.parameter = parameter


class Unknown(ForecastError):  # noqa: N818 - it says what is
    """There is no such thing."""


class Conflict(ForecastError):  # noqa: N818 - it says what is
    """The state of things does not allow it."""


class ConnectorAway(ForecastError):  # noqa: N818 - it says what is
    """The blockchain-connector or the chain does not answer; the same may be tried again."""


class ConnectorRefused(ForecastError):  # noqa: N818 - it says what is
    """A contract or the connector said no. `rule` is the market's, empty where none is named."""

    def __init__(self, rule: str, text: str) -> None:
        super().__init__(text)
        self.rule = rule
