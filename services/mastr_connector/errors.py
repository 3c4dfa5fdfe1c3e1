"""What can go wrong between the connector and the register."""

from __future__ import annotations

from services.shared.errors import JobError


class BadExport(JobError):  # noqa: N818 - it says what is
    """The export cannot be read, or is not whole; the live copy stays as it is."""


class RegisterAway(JobError):  # noqa: N818 - the same
    """The register's web service does not answer, or not with what it should."""


class RegisterRefused(JobError):  # noqa: N818 - the same
    """The web service refused a call; the text is its own."""


class QuotaUsedUp(JobError):  # noqa: N818 - the same
    """No more calls today."""


class Busy(JobError):  # noqa: N818 - the same
    """Another import or update is at work."""


class Lost(JobError):  # noqa: N818 - the same
    """What was written is not there."""


class Conflict(Exception):  # noqa: N818 - the same
    """The state of things does not allow it."""


class Unknown(Exception):  # noqa: N818 - the same
    """There is no such thing."""


class NotAllowed(Exception):  # noqa: N818 - the same
    """What is asked for is not ours to change."""


class TooWide(Exception):  # noqa: N818 - the same
    """A list that would take longer than it may."""
