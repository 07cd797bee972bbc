"""Papers as X12 files: each under a number of its own, marked by the 997 that answers it."""

from __future__ import annotations

from typing import Any

import pytest

from app.db import run, transaction
from app.errors import Refused
from app.inventory.models import State
from app.vendor.edi import partners, writing
from app.vendor.edi.tables import X12File
from app.vendor.files import working
from app.vendor.files.paper import Preview
from app.vendor.files.tables import FileImport
from app.vendor.x12.envelope import Segment, read
from tests.vendor.brand import VendorBrand
from tests.vendor.test_by_file import FILE, acknowledged, hand_over_shipment, invoiced, shipped
from tests.vendor.test_files import take as take_file
from tests.vendor.test_files import undo
from tests.vendor.x12.test_x12 import ISA

PARTNER: dict[str, Any] = {
    "own_qualifier": "ZZ",
    "own_id": "NORTHTRAIL",
    "own_group_id": None,
    "partner_qualifier": "ZZ",
    "partner_id": "AMAZON",
    "partner_group_id": None,
    "version": "004010",
    "element_separator": "*",
    "component_separator": ">",
    "segment_separator": "~",
    "is_test": True,
}


def keep_partner(brand: VendorBrand, **changed: Any) -> None:
    with transaction(brand.shop_id) as session:
        partners.keep(session, "eu", "ACME1", PARTNER | changed, by="user:7")


def written(brand: VendorBrand, kind: Any, reference: object, *, anew: bool = False) -> X12File:
    return run(
        lambda session: writing.written(
            session, kind, "eu", str(reference), anew=anew, by="user:7"
        ),
        brand.shop_id,
    )


def answer_id(brand: VendorBrand) -> int:
    return int(brand.value("SELECT max(acknowledgement_id) FROM acknowledgement"))


def segments(file: X12File) -> list[Segment]:
    [interchange] = read(file.content)
    return interchange.groups[0].transactions[0].segments


def the_997(file: X12File, *body: str, verdict: str = "A") -> bytes:
    """The partner's answer to one of our files."""
    group = {"855": "PR", "856": "SH", "810": "IN"}[file.type]
    head = ISA.replace("BUYER     ", "AMAZON    ").replace("VENDOR    ", "NORTHTRAIL")
    inner = [
        f"AK1*{group}*{file.number}",
        f"AK2*{file.type}*{file.number:09}",
        *body,
        f"AK5*{verdict}",
        f"AK9*{verdict}*1*1*{int(verdict == 'A')}",
    ]
    whole = [
        "GS*FA*AMAZON*NORTHTRAIL*20261102*0930*17*X*004010",
        "ST*997*0001",
        *inner,
        f"SE*{len(inner) + 2}*0001",
        "GE*1*17",
        "IEA*1*000000017",
    ]
    return (head + "".join(f"{one}~" for one in whole)).encode()


def bring(brand: VendorBrand, content: bytes) -> tuple[FileImport, Preview]:
    with transaction(brand.shop_id) as session:
        return working.bring(
            session, "purchase_orders", "in.edi", content, region="eu", actor="user:7"
        )


def take(brand: VendorBrand, content: bytes) -> int:
    kept, _ = bring(brand, content)
    run(lambda session: working.apply(session, kept.import_id, actor="user:7"), brand.shop_id)
    working.work(brand.shop_id)
    return kept.import_id


def file(brand: VendorBrand, one: X12File) -> X12File:
    with transaction(brand.shop_id) as session:
        return writing.file_of(session, one.file_id)


def test_a_file_is_written_once_until_the_paper_changes(brand: VendorBrand) -> None:
    keep_partner(brand)
    acknowledged(brand)
    first = written(brand, "855", answer_id(brand))
    assert written(brand, "855", answer_id(brand)).file_id == first.file_id
    again = written(brand, "855", answer_id(brand), anew=True)
    assert (first.number, again.number) == (1, 2)
    [interchange] = read(first.content)
    head, group = interchange.header, interchange.groups[0]
    assert (head.element(6), head.element(8), head.element(15)) == ("NORTHTRAIL", "AMAZON", "T")
    assert (head.element(13), group.control, group.transactions[0].control) == (
        "000000001",
        "1",
        "000000001",
    )
    assert group.header.element(1) == "PR"
    names = [(one.name, one.element(1), one.element(2)) for one in segments(first)]
    assert ("ACK", "IA", "12") in names


def test_all_three_papers_say_what_the_books_say(brand: VendorBrand) -> None:
    keep_partner(brand)
    invoice = invoiced(brand)
    notice = written(brand, "856", "TRUCK1")
    bill = written(brand, "810", invoice.invoice_id)
    assert [(one.name, one.element(2)) for one in segments(notice) if one.name == "SN1"] == [
        ("SN1", "12")
    ]
    totals = {one.name: one.element(1) for one in segments(bill)}
    assert totals["TDS"] == str(int((invoice.total or 0) * 100))
    assert [one.element(2) for one in segments(bill) if one.name == "BIG"] == [invoice.number]


def test_without_a_partner_nothing_is_written(brand: VendorBrand) -> None:
    acknowledged(brand)
    with pytest.raises(Refused) as refused:
        written(brand, "855", answer_id(brand))
    assert refused.value.code == "no_partner"


def test_a_number_lost_or_skipped_is_a_gap_that_is_shown(brand: VendorBrand) -> None:
    keep_partner(brand)
    acknowledged(brand)
    written(brand, "855", answer_id(brand))
    with transaction(brand.shop_id) as session:
        partner = partners.partner_of(session, "eu", "ACME1")
        assert partner is not None
        partners.start_at(session, partner, 7)
        with pytest.raises(Refused):
            partners.start_at(session, partner, 6)
    assert written(brand, "855", answer_id(brand), anew=True).number == 7
    with transaction(brand.shop_id) as session:
        [numbers] = partners.numbers(session)
    assert (numbers.used, numbers.next_number, numbers.gaps) == (2, 8, [(2, 6)])


def test_a_transaction_that_fails_takes_no_number(brand: VendorBrand) -> None:
    keep_partner(brand)
    with pytest.raises(RuntimeError), transaction(brand.shop_id) as session:
        assert partners.allot(session, "ZZ:NORTHTRAIL", "ZZ:AMAZON") == 1
        raise RuntimeError
    with transaction(brand.shop_id) as session:
        assert partners.allot(session, "ZZ:NORTHTRAIL", "ZZ:AMAZON") == 1


@pytest.mark.parametrize(
    "wrong", [{"component_separator": "*"}, {"segment_separator": "A"}, {"own_id": "A*B"}]
)
def test_a_partner_that_cannot_be_written_is_refused(
    brand: VendorBrand, wrong: dict[str, Any]
) -> None:
    with pytest.raises(Refused) as refused:
        keep_partner(brand, **wrong)
    assert refused.value.code == "partner_wrong"


def test_a_997_that_accepts_hands_the_paper_over(brand: VendorBrand) -> None:
    keep_partner(brand)
    acknowledged(brand)
    sent = written(brand, "855", answer_id(brand))
    kept, found = bring(brand, the_997(sent))
    assert (kept.kind, found.outcome) == ("functional_acknowledgements", {"accepted": 1})
    assert file(brand, sent).verdict is None  # only looked at
    import_id = take(brand, the_997(sent))
    assert (file(brand, sent).verdict, file(brand, sent).verdict_import_id) == (
        "accepted",
        import_id,
    )
    [paper] = brand.rows("SELECT state, handed_over_how, handed_over_by FROM acknowledgement")
    assert tuple(paper) == ("accepted", "file", "user:7")
    assert bring(brand, the_997(sent))[1].outcome == {"same": 1}
    with transaction(brand.shop_id) as session, pytest.raises(Refused) as refused:
        working.undo(session, import_id, actor="user:7")
    assert refused.value.code == "cannot_undo"


def test_a_997_that_rejects_names_segment_and_element_of_what_we_wrote(
    brand: VendorBrand,
) -> None:
    keep_partner(brand)
    shipped(brand)
    hand_over_shipment(brand)
    sent = written(brand, "856", "TRUCK1")
    place = [one.name for one in segments(sent)].index("LIN") + 2
    take(brand, the_997(sent, f"AK3*LIN*{place}**8", "AK4*3*234*7*B0TENT0001", verdict="R"))
    [error] = file(brand, sent).errors
    assert (error["segment"], error["element"], error["value"]) == ("LIN", 3, "B0TENT0001")
    assert error["written"] == "LIN*1*BP*B0TENT0001*VN*810000000011"
    [paper] = brand.rows("SELECT state, error, accepted_at FROM shipment")
    assert tuple(paper) == ("failed", "The 997 rejects it: LIN03.", None)
    # The units have left whatever Amazon's EDI says of the notice.
    assert brand.balance("tent", State.AMAZON_TRANSIT) == 12


def test_a_rejected_answer_gives_the_order_back_to_its_clock(brand: VendorBrand) -> None:
    keep_partner(brand)
    acknowledged(brand, accept=6)
    sent = written(brand, "855", answer_id(brand))
    take(brand, the_997(sent, verdict="R"))
    assert brand.value("SELECT state FROM acknowledgement") == "failed"
    assert brand.value("SELECT state FROM purchase_order") == "New"
    assert brand.balance("tent", State.RESERVED) == 12  # it asks for all of it again


def test_a_997_of_a_file_that_we_never_wrote_changes_nothing(brand: VendorBrand) -> None:
    keep_partner(brand)
    acknowledged(brand)
    sent = written(brand, "855", answer_id(brand))
    sent.number = 99
    assert bring(brand, the_997(sent))[1].outcome == {"unknown": 1}


def test_a_rejection_of_an_older_file_leaves_the_newer_paper_alone(brand: VendorBrand) -> None:
    keep_partner(brand)
    acknowledged(brand)
    old = written(brand, "855", answer_id(brand))
    written(brand, "855", answer_id(brand), anew=True)
    take(brand, the_997(old, verdict="R"))
    assert file(brand, old).verdict == "rejected"
    assert brand.value("SELECT state FROM acknowledgement") == "waiting"


def the_860(*body: str) -> bytes:
    inner = ["BCH*04*SA*EU1**1*20261103", *body]
    whole = [
        "GS*PC*AMAZON*NORTHTRAIL*20261102*0930*17*X*004010",
        "ST*860*0001",
        *inner,
        f"SE*{len(inner) + 2}*0001",
        "GE*1*17",
        "IEA*1*000000017",
    ]
    head = ISA.replace("BUYER     ", "AMAZON    ").replace("VENDOR    ", "NORTHTRAIL")
    return (head + "".join(f"{one}~" for one in whole)).encode()


def test_a_change_of_an_order_is_its_next_version_and_can_be_undone(brand: VendorBrand) -> None:
    brand.stock("tent", 20)
    take_file(brand, FILE)
    _, found = bring(brand, the_860("POC*1*QD*8**EA"))
    assert found.outcome == {"changed": 1}
    differences = [tuple(one) for one in found.papers[0].differences]
    assert ("1", "ordered", "12", "8") in differences
    import_id = take(brand, the_860("POC*1*QD*8**EA"))
    assert brand.value("SELECT version FROM purchase_order") == 2
    assert brand.balance("tent", State.RESERVED) == 8
    undo(brand, import_id)
    assert brand.balance("tent", State.RESERVED) == 12


def test_a_change_of_an_unknown_order_or_line_is_not_taken(brand: VendorBrand) -> None:
    assert bring(brand, the_860("POC*1*QD*8**EA"))[1].outcome == {"unknown": 1}
    take_file(brand, FILE)
    assert bring(brand, the_860("POC*9*CB"))[1].outcome == {"differs": 1}


def test_the_997_for_a_received_file_has_a_number_of_its_own(brand: VendorBrand) -> None:
    kept, _ = bring(brand, the_860("POC*1*QD*8**EA"))
    answers = [
        run(
            lambda session: writing.functional_answer(
                session, kept.import_id, kept.content, "eu", by="user:7"
            ),
            brand.shop_id,
        )
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    [interchange] = read(answers[0])
    assert (interchange.control, interchange.header.element(8)) == ("000000001", "AMAZON")
    [row] = brand.rows("SELECT type, own, partner, number FROM x12_file")
    assert tuple(row) == ("997", "ZZ:NORTHTRAIL", "ZZ:AMAZON", 1)
