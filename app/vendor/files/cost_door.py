"""Lists of agreed costs by file: each row puts a cost in force, and is taken back with its file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlmodel import Session

from app.vendor.costs import agreeing
from app.vendor.costs.agreeing import Said
from app.vendor.files.paper import Became, Difference, Paper, Preview, by_place, shown, tabled
from app.vendor.files.reading import Record
from app.vendor.files.sheet import Fault, letter
from app.vendor.files.tables import FileImport

CAN_UNDO = True
AT_ONCE = 200
# As the column holds it; more digits than these would be cut away unseen.
SMALLEST = Decimal("0.0001")


@dataclass(frozen=True)
class Stated:
    """One row: a cost, and where it stands."""

    row: int
    said: Said


def stated(kept: FileImport, known: Mapping[str, str]) -> tuple[Preview, list[Stated]]:
    """What the file says was agreed."""
    found, records = tabled(kept, known, _row_faults)
    made: dict[tuple[object, ...], Stated] = {}
    for record in records:
        values = record.values
        currency = values.get("currency") or values.get("cost_currency")
        said = Said(
            kept.choices["region"],
            values["vendor_code"].upper(),
            values["asin"].upper(),
            (currency or kept.choices["currency"]).upper(),
            values["cost"],
            values["starts_on"],
            values.get("ends_on"),
        )
        found.faults += _row_faults(record)
        if before := made.get(said.key):
            row = str(before.row)
            found.faults.append(Fault(record.row, "", "cost_twice", said.asin, row, "asin"))
            continue
        made[said.key] = Stated(record.row, said)
    found.faults = by_place([_placed(found, one) for one in found.faults])
    return found, list(made.values())


def _row_faults(record: Record) -> list[Fault]:
    """What is wrong with a cost by itself: it is nothing, or ends before it begins."""
    faults, said = [], record.values
    if "cost" in said and said["cost"] < SMALLEST:
        faults.append(Fault(record.row, "", "not_above_zero", str(said["cost"]), field="cost"))
    starts_on, ends_on = said.get("starts_on"), said.get("ends_on")
    if starts_on and ends_on and ends_on < starts_on:
        faults.append(Fault(record.row, "", "ends_before", str(ends_on), field="ends_on"))
    return faults


def _placed(found: Preview, fault: Fault) -> Fault:
    """A fault of a field with the letter of its column."""
    place = found.headings.column(found.columns.get(fault.field, ""))
    return fault if fault.column or place is None else fault._replace(column=letter(place))


def outcomes(session: Session, kept: FileImport, stated: Sequence[Stated]) -> list[Paper]:
    """Which of these costs are new, and which replace another."""
    before = agreeing.in_force(session, [one.said for one in stated])
    papers = []
    for row, said in ((one.row, one.said) for one in stated):
        old = before.get(said.key)
        became: Became = "new"
        differences = []
        if old is not None:
            for name, was, says in (
                ("cost", old.cost, said.cost),
                ("ends_on", old.ends_on, said.ends_on),
            ):
                if was != says:
                    differences.append(Difference("", name, shown(was), shown(says)))
            became = "changed" if differences else "same"
        name = f"{said.asin} · {said.vendor_code} · {said.starts_on.isoformat()}"
        papers.append(
            Paper(name, row, became, 1, 0, differences, {"said": said}, said.cost, said.currency)
        )
    return papers


def take(session: Session, kept: FileImport, papers: Sequence[Paper]) -> None:
    """Puts what is new in force; the same again changes nothing."""
    said = [one.content["said"] for one in papers if one.became in ("new", "changed")]
    agreeing.agree(session, said, by=kept.applied_by or kept.made_by, import_id=kept.import_id)


def undo_some(session: Session, kept: FileImport) -> None:
    """Takes costs of the file back; what they had replaced is in force again."""
    by = kept.undone_by or kept.made_by
    taken = agreeing.take_back(session, kept.import_id, by=by, most=AT_ONCE)
    if not taken:
        kept.state = "undone"
        return
    kept.done += taken
    kept.outcome = {**kept.outcome, "taken_back": kept.outcome.get("taken_back", 0) + taken}
