"""One payment from several sources is counted once.

What Amazon's API shows counts; what a file or an X12 820 says of the same number stands beside it as
a witness, compared to the cent. Where the API shows no such payment, the newest witness is what
counts, an 820 before a file. Payments are matched by Amazon's number within a region.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlmodel import Session, col, select

from app.bell import ring_after_commit
from app.db import shop_of
from app.vendor.payments.references import reference
from app.vendor.payments.stated import Line, Payment, payment
from app.vendor.payments.tables import Remittance, RemittanceLine, RemittanceWitness

API, EDI, FILE = "api", "edi", "file"
RANKS = (EDI, FILE)
FINAL = ("SUCCESSFUL", "FAILED")
SAME_DAY = timedelta(hours=36)
"""Files say a day and the API a moment, in other zones: what is nearer is the same day."""
CENT = Decimal("0.0001")
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('remittances', :shop))"
SUPERSEDE = """
UPDATE remittance_witness SET payment_id = NULL, differences = '[]'
WHERE shop_id = :shop AND region = :region AND number = :number
  AND witness_id <> ALL(CAST(:newest AS integer[])) AND payment_id IS NOT NULL
"""
OURS = """
SELECT number FROM invoice WHERE shop_id = :shop AND region = :region AND number = ANY(:numbers)
"""


class Difference(NamedTuple):
    """One field in which a witness is other than what counts; line "" is the payment's own.

    `counted` and `witness` are as a person reads them, None where one of them says nothing at all.
    `amount` is what the shop would have been paid less if the witness is right, in `currency`.
    """

    line: str
    field: str
    counted: str | None
    witness: str | None
    amount: Decimal
    currency: str


def one_at_a_time(session: Session) -> None:
    """Two sources of one shop are taken one after the other, so that none misses the other."""
    session.execute(text(ONE_AT_A_TIME), {"shop": shop_of(session)})


def ours(session: Session, region: str, numbers: Collection[str]) -> set[str]:
    """Those of these numbers that are invoices of ours in this region."""
    asked = {"shop": shop_of(session), "region": region, "numbers": sorted(set(numbers))}
    return set(session.execute(text(OURS), asked).scalars())


def shown(session: Session, region: str, said: Payment) -> Payment | None:
    """The payment of that number that Amazon's API shows, if it shows one."""
    rows = session.exec(
        select(Remittance).where(
            Remittance.shop_id == shop_of(session),
            Remittance.region == region,
            Remittance.number == said.number,
            Remittance.source == API,
        )
    ).all()
    return _as_stated(session, _nearest(rows, said)) if rows else None


def newest(
    session: Session, region: str, numbers: Collection[str]
) -> dict[tuple[str, str], RemittanceWitness]:
    """The newest witness of each of these payments and each source, by (number, source)."""
    rows = session.exec(
        select(RemittanceWitness)
        .where(
            RemittanceWitness.shop_id == shop_of(session),
            RemittanceWitness.region == region,
            col(RemittanceWitness.number).in_(sorted(set(numbers))),
        )
        .order_by(col(RemittanceWitness.witness_id))
    )
    return {(row.number, row.source): row for row in rows}


def keep(session: Session, region: str, source: str, import_id: int, said: Payment) -> None:
    """Keeps what a file or an 820 says of a payment, and settles what counts.

    The same of the same file again changes nothing.
    """
    one_at_a_time(session)
    digest = said.digest
    known = session.exec(
        select(RemittanceWitness).where(
            RemittanceWitness.shop_id == shop_of(session),
            RemittanceWitness.region == region,
            RemittanceWitness.number == said.number,
            RemittanceWitness.import_id == import_id,
        )
    ).first()
    if known is None:
        session.add(
            RemittanceWitness(
                shop_id=shop_of(session),
                region=region,
                number=said.number,
                source=source,
                import_id=import_id,
                digest=digest,
                stated=said.as_json(),
            )
        )
        session.flush()
    settle(session, region, said.number)


def forget(session: Session, witnesses: Sequence[RemittanceWitness]) -> None:
    """Takes witnesses back, and settles what counts without them."""
    one_at_a_time(session)
    touched = sorted({(one.region, one.number) for one in witnesses})
    for one in witnesses:
        session.delete(one)
    session.flush()
    for region, number in touched:
        settle(session, region, number)


def settle(session: Session, region: str, number: str) -> None:
    """Has one source of a payment count and compares the others with it; twice is as once.

    The caller holds `one_at_a_time`.
    """
    rows = session.exec(
        select(Remittance).where(
            Remittance.shop_id == shop_of(session),
            Remittance.region == region,
            Remittance.number == number,
        )
    ).all()
    witnesses = newest(session, region, [number])
    by_api = [row for row in rows if row.source == API]
    made = [row for row in rows if row.source != API]
    best = next(
        (found for one in RANKS if (found := witnesses.get((number, one))) is not None), None
    )
    stays = None
    if not by_api and best is not None:
        stays = next(
            (
                row
                for row in made
                if (row.source, row.digest, row.import_id)
                == (best.source, best.digest, best.import_id)
            ),
            None,
        )
    for row in made:
        if row is not stays:
            session.delete(row)
            ring_after_commit(session, "deductions")
    session.flush()
    if not by_api and best is not None and stays is None:
        stays = _make(session, best)
    counted = None
    if stays is not None:
        counted = _as_stated(session, stays)
    for witness in witnesses.values():
        said = payment(witness.stated)
        against = stays
        if by_api:
            against = _nearest(by_api, said)
            counted = _as_stated(session, against)
        if against is None or counted is None:
            witness.payment_id, witness.differences = None, []
            continue
        between = differences(counted, said) if witness.digest != against.digest else []
        witness.payment_id = against.payment_id
        witness.differences = [
            {**one._asdict(), "amount": f"{one.amount.normalize():f}"} for one in between
        ]
        session.add(witness)
    session.flush()
    # An older file says nothing any more beside a newer one of the same source.
    session.execute(
        text(SUPERSEDE),
        {
            "shop": shop_of(session),
            "region": region,
            "number": number,
            "newest": [one.witness_id for one in witnesses.values()],
        },
    )


def differences(counted: Payment, said: Payment) -> list[Difference]:
    """Where the two say something else. What one of them leaves out is no difference."""
    found: list[Difference] = []
    if counted.status != said.status and counted.status in FINAL and said.status in FINAL:
        found.append(_other("", "payment_status", counted.status, said.status, counted.currency))
    if abs(counted.paid_at - said.paid_at) > SAME_DAY:
        days = f"{counted.paid_at:%Y-%m-%d}", f"{said.paid_at:%Y-%m-%d}"
        found.append(_other("", "paid_on", *days, counted.currency))
    for name, amount, currency in (
        ("payment_amount", "amount", "currency"),
        ("invoice_amount", "invoice_amount", "invoice_currency"),
    ):
        ours = getattr(counted, amount), getattr(counted, currency)
        theirs = getattr(said, amount), getattr(said, currency)
        if None in ours or None in theirs or ours == theirs:
            continue
        less = ours[0] - theirs[0] if ours[1] == theirs[1] else Decimal()
        found.append(Difference("", name, _money(*ours), _money(*theirs), less, ours[1]))
    own, other = _by_reference(counted.lines), _by_reference(said.lines)
    for key in sorted({*own, *other}):
        line, currency = key
        ours_of, theirs_of = own.get(key), other.get(key)
        if ours_of is None or theirs_of is None:
            paid = [None if one is None else one["paid"] for one in (ours_of, theirs_of)]
            less = (paid[0] or Decimal()) - (paid[1] or Decimal())
            told = [None if one is None else _money(one, currency) for one in paid]
            found.append(Difference(line, "line", told[0], told[1], less, currency))
            continue
        for name, field in (
            ("paid", "paid"),
            ("discount", "discount"),
            ("withheld", "withheld"),
            ("total", "invoiced"),
        ):
            one, two = ours_of[name], theirs_of[name]
            if one is None or two is None or one == two:
                continue
            less = one - two if name == "paid" else Decimal()
            told_of = _money(one, currency), _money(two, currency)
            found.append(Difference(line, field, *told_of, less, currency))
    return found


def _other(line: str, field: str, counted: str, witness: str, currency: str) -> Difference:
    return Difference(line, field, counted, witness, Decimal(), currency)


def _money(amount: Decimal, currency: str) -> str:
    return (
        f"{amount:.2f} {currency}"
        if amount == amount.quantize(Decimal("0.01"))
        else (f"{amount.normalize():f} {currency}")
    )


def _by_reference(lines: Sequence[Line]) -> dict[tuple[str, str], dict[str, Decimal | None]]:
    found: dict[tuple[str, str], dict[str, Decimal | None]] = {}
    for line in lines:
        sums = found.setdefault(
            (line.reference.strip(), line.currency),
            {"paid": None, "discount": None, "withheld": None, "total": None},
        )
        for name, before in sums.items():
            value = getattr(line, name)
            if value is not None:
                sums[name] = value + (before or Decimal())
    return found


def _nearest(rows: Sequence[Remittance], said: Payment) -> Remittance:
    """Where Amazon shows several payments of one number, the one that is most like it."""
    return min(
        rows,
        key=lambda row: (
            (row.amount, row.currency) != (said.amount, said.currency),
            abs(row.paid_at - said.paid_at),
            row.payment_id,
        ),
    )


def _make(session: Session, witness: RemittanceWitness) -> Remittance:
    """The payment that a witness states, as one that counts."""
    said = payment(witness.stated)
    made = Remittance(
        shop_id=witness.shop_id,
        region=witness.region,
        payment_id=f"{witness.source}:{witness.number}",
        number=witness.number,
        status=said.status,
        paid_at=said.paid_at,
        amount=said.amount,
        currency=said.currency,
        invoice_amount=said.invoice_amount,
        invoice_currency=said.invoice_currency,
        exchange_rate=said.exchange_rate,
        method=said.method,
        payee_codes=[said.payee] if said.payee else [],
        digest=witness.digest,
        header={},
        source=witness.source,
        import_id=witness.import_id,
    )
    session.add(made)
    session.flush()
    own = ours(session, witness.region, [line.reference.strip() for line in said.lines])
    for position, line in enumerate(said.lines, start=1):
        written = line.reference.strip()
        about = reference(written, is_ours=written in own)
        is_told = line.original is not None and about.kind != "invoice"
        session.add(
            RemittanceLine(
                shop_id=made.shop_id,
                region=made.region,
                payment_id=made.payment_id,
                position=position,
                reference=written,
                invoice_number=str(line.original) if is_told else about.number,
                kind=about.kind,
                invoiced_at=line.invoiced_at,
                description=line.description,
                invoice_type=line.type,
                total=line.total,
                paid=line.paid,
                discount=line.discount,
                withheld=line.withheld,
                currency=line.currency,
            )
        )
    session.flush()
    ring_after_commit(session, "deductions")
    return made


def _as_stated(session: Session, row: Remittance) -> Payment:
    lines = session.exec(
        select(RemittanceLine)
        .where(
            RemittanceLine.shop_id == row.shop_id,
            RemittanceLine.region == row.region,
            RemittanceLine.payment_id == row.payment_id,
        )
        .order_by(col(RemittanceLine.position))
    )
    return Payment(
        number=row.number or "",
        paid_at=row.paid_at,
        amount=row.amount,
        currency=row.currency,
        status=row.status,
        invoice_amount=row.invoice_amount,
        invoice_currency=row.invoice_currency,
        exchange_rate=row.exchange_rate,
        method=row.method,
        lines=tuple(
            Line(
                reference=line.reference,
                paid=line.paid,
                currency=line.currency,
                total=line.total,
                discount=line.discount,
                withheld=line.withheld,
            )
            for line in lines
        ),
    )


def told(difference: Mapping[str, Any]) -> Difference:
    """A difference as a witness keeps it."""
    return Difference(**{**difference, "amount": Decimal(difference["amount"])})
