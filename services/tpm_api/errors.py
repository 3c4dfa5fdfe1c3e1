"""What can go wrong between the service and its TPM."""


class TpmError(Exception):
    """Anything that the TPM, or the way to it, has against us. The text is one sentence for people."""


class TpmUnavailable(TpmError):  # noqa: N818 - it names the state of the TPM
    """The TPM does not answer now. Trying again later may help."""

    def __init__(self, message: str, retry_after_s: int = 2) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class KeyUnknown(TpmError):  # noqa: N818 - as above
    """There is no key with this label."""


class KeyLost(TpmError):  # noqa: N818 - as above
    """The TPM no longer holds the key that the state directory names: it was cleared or replaced."""


class NoRoom(TpmError):  # noqa: N818 - as above
    """The box has as many keys as it may have."""
