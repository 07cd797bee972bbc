"""Three kinds of failure: refused (change what you ask), retry later, give up (a person must look)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any


class HoldfastError(Exception):
    """Base of the three kinds; `detail` is a sentence an operator can act on."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


@dataclass(frozen=True)
class FieldError:
    """One field of the input that is wrong, and how to put it right.

    `rule` is the name of the rule that it breaks, where one has a name; a screen has its own words of it.
    """

    field: str
    message: str
    rule: str | None = None


class Refused(HoldfastError):
    """The request cannot be granted as it stands; trying again unchanged gives the same answer."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        status: int = 422,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.status = status
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})


class RetryLater(HoldfastError):
    """An outside party did not do its part this time; the same attempt may succeed after a while."""

    def __init__(self, detail: str, *, after: timedelta | None = None) -> None:
        super().__init__(detail)
        self.after = after


class GiveUp(HoldfastError):
    """Trying again will not help; the message is put aside with this reason for a person."""

    def __init__(self, detail: str, *, code: str = "given_up") -> None:
        super().__init__(detail)
        self.code = code
