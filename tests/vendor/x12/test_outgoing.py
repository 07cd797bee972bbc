"""What we write as X12 reads back as what it says, whatever the text in it and the separators."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.vendor.edi.codes import codes_of
from app.vendor.x12 import functional, outgoing, purchase_change
from app.vendor.x12.elements import cents
from app.vendor.x12.envelope import (
    Group,
    Interchange,
    Segment,
    Separators,
    Transaction,
    X12Error,
    read,
    write,
)
from app.vendor.x12.papers import (
    Answer,
    AnsweredLine,
    AnsweredOrder,
    Bill,
    BilledLine,
    Goods,
    Packed,
    PackedCarton,
    PackedPallet,
    Party,
    Quantity,
    ShipNotice,
    ShippedOrder,
)
from tests.vendor.x12.test_x12 import ISA

CODES = codes_of("na", date(2026, 11, 28))
AT = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
MARKS = Separators()
SSCC = "008100000000000017"
TENT = Goods("B0TENT0001", "TENT-2P")


def back(segments: Sequence[Segment], separators: Separators = MARKS) -> list[tuple[str, ...]]:
    """The segments after a way through a file: written, and read by our own reader."""
    head = [*ISA[4:-1].split("*")]
    head[15] = separators.component
    paper = Transaction("999", "000000001", list(segments))
    group = Group(
        Segment("GS", ("XX", "US", "THEM", "20261128", "0930", "1", "X", "004010")), [paper]
    )
    written = write(Interchange(Segment("ISA", tuple(head)), separators, [group]))
    [interchange] = read(written)
    return [(one.name, *one.elements) for one in interchange.groups[0].transactions[0].segments]


def answered(*lines: AnsweredLine, again: bool = False) -> AnsweredOrder:
    return AnsweredOrder("4X7PO001", AT, AT, "ACME1", "PHX7", "USD", again, lines)


def test_an_acknowledgement_says_of_each_line_what_becomes_of_it() -> None:
    line = AnsweredLine(
        "1",
        TENT,
        Quantity(12, "CA"),
        Decimal("40.00"),
        [
            Answer("accepted", Quantity(6, "CA")),
            Answer("backordered", Quantity(4, "CA"), on=date(2026, 12, 24)),
            Answer("rejected", Quantity(2, "CA"), reason="TemporarilyUnavailable"),
        ],
    )
    assert back(outgoing.acknowledgement(answered(line), CODES, MARKS)) == [
        ("BAK", "00", "AC", "4X7PO001", "20261128", "", "", "", "", "20261128"),
        ("CUR", "SE", "USD"),
        ("REF", "IA", "ACME1"),
        ("N1", "ST", "", "92", "PHX7"),
        ("PO1", "1", "12", "CA", "40", "NT", "BP", "B0TENT0001", "VN", "TENT-2P"),
        ("ACK", "IA", "6", "CA"),
        ("ACK", "IB", "4", "CA", "068", "20261224"),
        ("ACK", "IR", "2", "CA"),
        ("CTT", "1"),
    ]


def test_an_acknowledgement_in_full_says_so_and_a_second_one_replaces() -> None:
    line = AnsweredLine("1", TENT, Quantity(5), None, [Answer("accepted", Quantity(5))])
    [bak, *_] = back(outgoing.acknowledgement(answered(line, again=True), CODES, MARKS))
    assert bak[1:3] == ("05", "AD")


def test_a_reason_of_the_partners_own_is_the_29th_element() -> None:
    line = AnsweredLine(
        "1", TENT, Quantity(5), None, [Answer("rejected", Quantity(5), reason="ObsoleteProduct")]
    )
    own = lambda name: "12" if name == "reason_ObsoleteProduct" else CODES(name)  # noqa: E731
    [ack] = [
        one for one in back(outgoing.acknowledgement(answered(line), own, MARKS)) if one[0] == "ACK"
    ]
    assert (len(ack), ack[29]) == (30, "12")


def notice(*orders: ShippedOrder) -> ShipNotice:
    return ShipNotice(
        identifier="TRUCK1",
        again=False,
        written_at=AT,
        shipped_at=AT,
        arrives_at=AT + timedelta(days=2),
        ship_from=Party("WH1", "North Trail", "1 Mill Lane", "", "Portland", "OR", "97201", "US"),
        ship_to="PHX7",
        vendor_code="ACME1",
        carton_count=2,
        pallet_count=1,
        orders=orders,
        weight=Decimal("120.5"),
        weight_unit="LB",
        carrier_code="ABFS",
        carrier_reference="PRO1",
        bill_of_lading="BOL12345",
    )


def test_a_ship_notice_nests_items_in_packs_on_tares_in_orders() -> None:
    lot = Packed("1", TENT, Quantity(6), "LOT7", date(2027, 5, 1))
    order = ShippedOrder(
        "4X7PO001",
        AT,
        pallets=[PackedPallet(SSCC, [PackedCarton(SSCC[:-1] + "8", None, [lot])])],
        cartons=[PackedCarton(None, "1Z999", [Packed("2", TENT, Quantity(1, "CA"))])],
    )
    found = back(outgoing.ship_notice(notice(order), CODES, MARKS))
    assert found == [
        ("BSN", "00", "TRUCK1", "20261128", "0930", "0001"),
        ("HL", "1", "", "S"),
        ("TD1", "PLT", "1", "", "", "G", "120.5", "LB"),
        ("TD1", "CTN", "2"),
        ("TD5", "", "2", "ABFS", "M"),
        ("REF", "BM", "BOL12345"),
        ("REF", "CN", "PRO1"),
        ("REF", "IA", "ACME1"),
        ("DTM", "011", "20261128", "0930"),
        ("DTM", "017", "20261130", "0930"),
        ("N1", "SF", "North Trail", "92", "WH1"),
        ("N3", "1 Mill Lane"),
        ("N4", "Portland", "OR", "97201", "US"),
        ("N1", "ST", "", "92", "PHX7"),
        ("HL", "2", "1", "O"),
        ("PRF", "4X7PO001", "", "", "20261128"),
        ("HL", "3", "2", "T"),
        ("MAN", "GM", f"00{SSCC}"),
        ("HL", "4", "3", "P"),
        ("MAN", "GM", f"00{SSCC[:-1]}8"),
        ("HL", "5", "4", "I"),
        ("LIN", "1", "BP", "B0TENT0001", "VN", "TENT-2P"),
        ("SN1", "", "6", "EA"),
        ("REF", "LT", "LOT7"),
        ("DTM", "036", "20270501"),
        ("HL", "6", "2", "P"),
        ("MAN", "CP", "1Z999"),
        ("HL", "7", "6", "I"),
        ("LIN", "2", "BP", "B0TENT0001", "VN", "TENT-2P"),
        ("SN1", "", "1", "CA"),
        ("CTT", "7"),
    ]


def bill(*lines: BilledLine, tax: str = "0", total: str) -> Bill:
    party = Party("ACME1", "Müller & Söhne GmbH", "Straße 1", "", "Berlin", "", "10115", "DE")
    return Bill(
        number="NT-000001",
        dated_at=AT,
        is_credit=False,
        currency="EUR",
        vendor_code="ACME1",
        remit_to=party,
        bill_to=Party("AMZN1", "Amazon EU"),
        ship_to="DTM1",
        lines=lines,
        ordered_at={"EU1": AT},
        total=Decimal(total),
        tax=Decimal(tax),
        net_days=60,
    )


def test_an_invoice_states_its_total_in_cents_and_its_tax_apart() -> None:
    line = BilledLine("EU1", "1", TENT, Quantity(12), Decimal("40.00"))
    assert back(outgoing.invoice(bill(line, tax="91.20", total="571.20"), CODES, MARKS)) == [
        ("BIG", "20261128", "NT-000001", "20261128", "EU1", "", "", "DI"),
        ("CUR", "SE", "EUR"),
        ("REF", "IA", "ACME1"),
        ("N1", "RE", "Muller & Sohne GmbH", "92", "ACME1"),
        ("N3", "Straße 1"),
        ("N4", "Berlin", "", "10115", "DE"),
        ("N1", "BT", "Amazon EU", "92", "AMZN1"),
        ("N1", "ST", "", "92", "DTM1"),
        ("ITD", "05", "3", "", "", "", "", "60"),
        ("IT1", "1", "12", "EA", "40", "NT", "BP", "B0TENT0001", "VN", "TENT-2P"),
        ("TDS", "57120"),
        ("SAC", "C", "H850", "", "", "9120"),
        ("CTT", "1"),
    ]


def test_an_invoice_of_several_orders_names_the_order_of_each_line() -> None:
    lines = [BilledLine(one, "1", TENT, Quantity(1), Decimal(2)) for one in ("EU1", "EU2")]
    found = back(outgoing.invoice(bill(*lines, total="4"), CODES, MARKS))
    assert found[0][4] == ""
    assert [one for one in found if one[0] == "REF"][1:] == [
        ("REF", "PO", "EU1"),
        ("REF", "PO", "EU2"),
    ]


TEXT = st.text(max_size=40)
SEPARATORS = st.permutations("*>~|^!:").map(lambda marks: Separators(*marks[:3]))
QUANTITIES = st.builds(Quantity, st.integers(1, 10**6), st.sampled_from(("EA", "CA")))


@given(TEXT, TEXT, TEXT, SEPARATORS, st.lists(QUANTITIES, min_size=1, max_size=5))
def test_no_text_and_no_separators_break_what_is_written(
    name: str, sku: str, number: str, separators: Separators, quantities: list[Quantity]
) -> None:
    goods = Goods("B0TENT0001", sku)
    packed = [Packed(str(at), goods, one) for at, one in enumerate(quantities, 1)]
    found = back(
        outgoing.ship_notice(
            notice(ShippedOrder(number, AT, cartons=[PackedCarton(SSCC, name, packed)])),
            CODES,
            separators,
        ),
        separators,
    )
    assert [(one[2], one[3]) for one in found if one[0] == "SN1"] == [
        (str(one.amount), one.unit) for one in quantities
    ]
    levels = [one for one in found if one[0] == "HL"]
    assert [int(one[1]) for one in levels] == list(range(1, len(levels) + 1))
    assert all(int(one[2]) < int(one[1]) for one in levels[1:])


AMOUNTS = st.decimals("0.01", "99999", places=2)


@given(st.lists(st.tuples(st.integers(1, 9999), AMOUNTS), min_size=1, max_size=8), AMOUNTS)
def test_the_lines_and_the_tax_of_an_invoice_make_its_total(
    lines: list[tuple[int, Decimal]], tax: Decimal
) -> None:
    billed = [BilledLine("EU1", "1", TENT, Quantity(units), cost) for units, cost in lines]
    total = sum((units * cost for units, cost in lines), tax)
    found = back(outgoing.invoice(bill(*billed, tax=str(tax), total=str(total)), CODES, MARKS))
    [tds] = [one for one in found if one[0] == "TDS"]
    [sac] = [one for one in found if one[0] == "SAC"]
    made = sum(Decimal(one[2]) * Decimal(one[4]) for one in found if one[0] == "IT1")
    assert Decimal(tds[1]) / 100 == made + Decimal(sac[5]) / 100


def test_a_fraction_of_a_cent_is_no_total() -> None:
    assert cents(Decimal("12.30")) == "1230"
    with pytest.raises(ValueError):
        cents(Decimal("0.001"))


def the_997(*segments: str) -> Transaction:
    return Transaction("997", "0001", [Segment(*_parts(one)) for one in segments])


def _parts(written: str) -> tuple[str, tuple[str, ...], int]:
    name, *elements = written.split("*")
    return name, tuple(elements), 3


# Segments as published samples of 997s have them: with and without a value, AK401 as a composite.
def test_a_rejection_names_segment_and_element() -> None:
    found = functional.verdicts(
        the_997(
            "AK1*HC*000001",
            "AK2*837*0021",
            "AK3*NM1*8**8",
            "AK4*8>2*66*7*MI",
            "AK3*CLP*4*100*5",
            "AK4*2*782*7*INVALID",
            "AK4*3*782*7*999999",
            "AK5*R*5",
            "AK9*R*1*1*0",
        )
    )
    assert found.of_papers == {"0021": "rejected", "": "rejected"}
    assert [(one.segment, one.place, one.element, one.value) for one in found.wrong["0021"]] == [
        ("NM1", 8, 8, "MI"),
        ("CLP", 4, 2, "INVALID"),
        ("CLP", 4, 3, "999999"),
    ]


@pytest.mark.parametrize(
    ("said", "verdict"),
    [("A", "accepted"), ("E", "with_errors"), ("P", "with_errors"), ("R", "rejected")],
)
def test_a_group_is_judged_without_its_papers(said: str, verdict: str) -> None:
    found = functional.verdicts(the_997("AK1*IN*17", f"AK9*{said}*1*1*1"))
    assert found.of_papers == {"": verdict}


@pytest.mark.parametrize(
    "segments", [("AK9*A*1*1*1",), ("AK1*IN",), ("AK1*IN*17",), ("AK1*IN*17", "AK9*Q*1*1*1")]
)
def test_a_997_that_says_nothing_is_refused(segments: tuple[str, ...]) -> None:
    with pytest.raises(X12Error):
        functional.verdicts(the_997(*segments))


def the_860(*segments: str) -> Transaction:
    return Transaction("860", "0001", [Segment(*_parts(one)) for one in segments])


def test_a_change_states_what_each_line_then_has() -> None:
    found = purchase_change.rows(
        the_860(
            "BCH*04*SA*PO1**1*20260925",
            "POC*1*QD*60**EA*12.50**VN*WIDGET-001",
            "POC*2*DI*0**EA*0**VN*BRKT-050",
            "POC*3*CB",
        )
    )
    of_order = {"number": "PO1", "is_change": True}
    assert [row for _, row in found] == [
        of_order
        | {
            "line": "1",
            "ordered": 60,
            "unit": "Eaches",
            "cost": Decimal("12.50"),
            "vendor_sku": "WIDGET-001",
        },
        of_order | {"line": "2", "ordered": 0, "vendor_sku": "BRKT-050"},
        of_order | {"line": "3"},
    ]


def test_a_cancellation_closes_the_order() -> None:
    [(_, row)] = purchase_change.rows(the_860("BCH*01*SA*PO1"))
    assert row == {"number": "PO1", "is_change": True, "state": "Closed"}


@pytest.mark.parametrize("segment", ["POC*1*ZZ*5**EA", "POC*1*QD*1.5**EA", "POC*1*QD*5**XX"])
def test_a_change_that_cannot_be_read_is_named(segment: str) -> None:
    with pytest.raises(X12Error) as caught:
        purchase_change.rows(the_860("BCH*04*SA*PO1", segment))
    assert caught.value.name == "POC"
