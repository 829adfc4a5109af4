"""Which failures are the caller's to mend, and the one line that says how. Anything else is ours and keeps its traceback."""

from __future__ import annotations

from scoring.artifacts import ArtifactError
from scoring.training.dataset import DatasetError


class CommandError(Exception):
    """The command cannot run; the message is one line for the person who typed it."""


def describe(error: Exception) -> str | None:
    """One line, or None when the error is not an expected one."""
    if isinstance(error, FileNotFoundError):
        return f"{error.filename}: no such file"
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, CommandError | ArtifactError | DatasetError):
        return " ".join(str(error).split())
    return None
