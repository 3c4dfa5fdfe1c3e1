"""What goes wrong with a rollout. Each is one sentence for who runs it."""


class RolloutError(Exception):
    """It cannot be done as asked."""


class FleetError(RolloutError):
    """The fleet file does not fit; one line for each thing that is wrong."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class EngineRefused(RolloutError):  # noqa: N818 - it says what happened
    """The box's engine answered, and did not do it."""


class EngineSilent(RolloutError):  # noqa: N818 - it says what happened
    """The box's engine does not answer: whether it did what was asked is unknown."""
