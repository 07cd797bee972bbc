"""A payment as a file or an X12 820 states it: plain values, written as JSON and read back the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.vendor.papers import digest_of

AMOUNTS = ("total", "paid", "discount", "withheld")


@dataclass(frozen=True)
class Line:
    """What it says of one paper. `original`: the invoice below it, where that is said."""

    reference: str
    paid: Decimal
    currency: str
    original: str | None = None
    invoiced_at: datetime | None = None
    description: str | None = None
    type: str | None = None
    total: Decimal | None = None
    discount: Decimal | None = None
    withheld: Decimal | None = None


@dataclass(frozen=True)
class Payment:
    """One payment with its lines. Money is exact, each amount in the currency beside it."""

    number: str
    paid_at: datetime
    amount: Decimal
    currency: str
    status: str = "SUCCESSFUL"
    invoice_amount: Decimal | None = None
    invoice_currency: str | None = None
    exchange_rate: Decimal | None = None
    method: str | None = None
    lines: tuple[Line, ...] = field(default_factory=tuple)
    payee: str | None = None

    @property
    def digest(self) -> str:
        """The same for the same statement."""
        return digest_of(self.as_json())

    def as_json(self) -> dict[str, Any]:
        """All of it as JSON, decimals as strings in their shortest form."""
        return {
            **{
                name: _written(value)
                for name, value in vars(self).items()
                # A statement without a payee is written, and known again, as before there were any.
                if name != "lines" and (name, value) != ("payee", None)
            },
            "lines": [
                {name: _written(value) for name, value in vars(line).items()} for line in self.lines
            ],
        }


def payment(stated: Mapping[str, Any]) -> Payment:
    """What `as_json` wrote."""
    lines = tuple(
        Line(
            **{
                **line,
                **{name: _decimal(line[name]) for name in AMOUNTS},
                "invoiced_at": _moment(line["invoiced_at"]),
            }
        )
        for line in stated["lines"]
    )
    read = {
        name: _decimal(stated[name]) for name in ("amount", "invoice_amount", "exchange_rate")
    } | {"paid_at": datetime.fromisoformat(stated["paid_at"])}
    return Payment(**{**stated, **read, "lines": lines})


def _written(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, datetime) else value


def _decimal(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def _moment(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)
