"""The one kind of failure of the supervisor, and how the end of a log file is quoted in it."""

from __future__ import annotations

from pathlib import Path


class SupervisorFailed(Exception):
    """Something could not be started; the message says what, why and what to do about it."""


def last_lines(log: Path, count: int = 15) -> str:
    """The end of a log file, for the text of an error; empty when there is no such file."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(lines[-count:])
