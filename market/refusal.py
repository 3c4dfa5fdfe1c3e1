"""How a rule refuses."""


class Refused(Exception):  # noqa: N818 - it reads as what happened: the rule refused
    """An action that breaks a rule of the market. It has changed nothing.

    `rule` is the rule's id (`M-BID-02`), `reason` one sentence; the text is the contract's error text: `M-BID-02: the
    price ...`.
    """

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(f"{rule}: {reason}")
        self.rule = rule
        self.reason = reason


def check(holds: bool, rule: str, reason: str) -> None:
    """Refuses with `rule` unless `holds`."""
    if not holds:
        raise Refused(rule, reason)
