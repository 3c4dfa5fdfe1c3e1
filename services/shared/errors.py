"""What may go wrong everywhere. Stands alone, so that a process that needs little imports little."""

from __future__ import annotations


class ConfigurationError(Exception):
    """The environment does not say what a service needs. The text names each variable, what it is, and an example."""


class JobError(Exception):
    """A job cannot do what it was asked for; the text (cause and cure) becomes the job's `error`."""
