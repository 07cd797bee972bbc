"""Leaving with nothing left behind: holds given back in Shopify, a file taken along or sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook
from sqlmodel import select

from app import messages
from app.cli import main
from app.db import transaction
from app.errors import Refused
from app.inventory.documents import Claim, Document
from app.inventory.ledger import settle
from app.inventory.models import Item, State
from app.messages import Message
from app.overview import leaving, workbook
from app.preferences import ShopPreference
from app.shops import this_shop
from tests.shopify.conftest import Store
from tests.support.mailbox import Mailbox, open_mailbox

PEOPLE = "avery@customers.example"


@pytest.fixture
def holding(store: Store) -> Store:
    """A shop in which our papers hold 6 tents and keep 3 back, an order 4, and somebody else 5."""
    place = store.places[0]
    store.control("POST", "/stock", sku="TENT", location=place, name="reserved", delta=5)
    store.control("POST", "/orders", lines=[{"sku": "TENT", "quantity": 4}])
    store.connect()
    hold(store, "purchase_order", "na:77", State.RESERVED, 6)
    hold(store, "safety_stock", "tents", State.SAFETY_STOCK, 3)
    store.settle()
    assert standing(store) == {
        "available": 37, "committed": 4, "reserved": 11, "safety_stock": 3, "on_hand": 55,
    }  # fmt: skip
    return store


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with open_mailbox() as box:
        yield box


def hold(store: Store, kind: str, reference: str, state: State, units: int) -> None:
    books = store.books()
    claim = Claim("1", books.item_ids["TENT"], books.locations[store.places[0]], state, units)
    with transaction(store.shop_id) as session:
        settle(session, [Document(kind, reference, 1, claims=[claim], fact=False)])


def standing(store: Store) -> dict[str, int]:
    return store.stock("TENT")[store.places[0]]


def leave(store: Store) -> leaving.Leaving:
    with transaction(store.shop_id) as session:
        return leaving.begin(session, actor="user:1", confirm=store.domain)


def progress(store: Store) -> leaving.Leaving:
    with transaction(store.shop_id) as session:
        return leaving.progress(session)


def sheets(content: bytes) -> dict[str, list[tuple[Any, ...]]]:
    book = load_workbook(BytesIO(content), read_only=True)
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def mails_of(store: Store) -> list[Message]:
    with transaction(store.shop_id) as session:
        return list(session.exec(select(Message).where(Message.channel == "email")))


def want_mail(store: Store) -> None:
    with transaction(store.shop_id) as session:
        session.merge(ShopPreference(shop_id=store.shop_id, exit_email="stock@brand.example"))


def test_everything_of_ours_is_given_back_and_nothing_of_others(holding: Store) -> None:
    begun = leave(holding)
    assert (begun.held_units, begun.held_for_others, begun.done) == (0, 5, False)
    assert begun.waiting == 2
    holding.settle()
    assert standing(holding) == {
        "available": 46, "committed": 4, "reserved": 5, "on_hand": 55,
    }  # fmt: skip
    assert progress(holding).done
    assert holding.differences() == []


def test_leaving_again_changes_nothing(holding: Store) -> None:
    leave(holding)
    holding.settle()
    before = standing(holding)
    assert leave(holding).done
    holding.settle()
    assert standing(holding) == before


def test_leaving_is_confirmed_by_the_shops_name(holding: Store) -> None:
    with transaction(holding.shop_id) as session, pytest.raises(Refused) as refusal:
        leaving.begin(session, actor="user:1", confirm="yes")
    assert refusal.value.errors[0].field == "confirm"
    assert progress(holding).leaving_at is None


def test_the_exit_is_not_done_while_a_movement_could_not_be_told(holding: Store) -> None:
    leave(holding)
    holding.knobs(error_next=1, error_status=400)
    holding.settle()
    stuck = progress(holding)
    assert (stuck.done, stuck.dead > 0) == (False, True)
    with transaction(holding.shop_id) as session:
        for message in session.exec(select(Message).where(Message.state == "dead")):
            messages.replay(message)
    holding.settle()
    assert progress(holding).done
    assert standing(holding)["reserved"] == 5


def test_the_command_does_it_all_and_writes_the_file(holding: Store, tmp_path: Path) -> None:
    file = tmp_path / "hand-over.xlsx"
    shown = CliRunner().invoke(main, ["exit", "--shop", holding.domain])
    assert shown.exit_code == 0
    assert "9 units held by 2 holds; 5 are others'" in shown.output
    done = CliRunner().invoke(
        main, ["exit", "--shop", holding.domain, "--yes", "--workbook", str(file)]
    )
    assert done.exit_code == 0, done.output
    assert "the app may be taken away" in done.output
    assert "safety_stock" not in standing(holding)
    assert "Holds" in sheets(file.read_bytes())


def test_the_workbook_says_what_stands_where_and_who_holds_it(holding: Store) -> None:
    with transaction(holding.shop_id) as session:
        found = sheets(workbook.build(session))
    assert list(found) == [
        "Instructions", "Balances", "Holds", "Purchase orders", "Collisions", "Discrepancies",
        "Not told",
    ]  # fmt: skip
    place = holding.places[0]
    assert ("TENT", "Tent", place, "available", 37) in found["Balances"]
    held = {row[7:9]: row[3:5] for row in found["Holds"][1:]}
    assert held["purchase_order", "na:77"] == ("reserved", 6)
    assert held["safety_stock", "tents"] == ("safety_stock", 3)
    assert holding.domain in found["Instructions"][0][0]


def test_a_text_that_looks_like_a_formula_stays_a_text(holding: Store) -> None:
    with transaction(holding.shop_id) as session:
        item = session.exec(select(Item).where(Item.sku == "TENT")).one()
        item.sku = "=HYPERLINK(1)"
    with transaction(holding.shop_id) as session:
        content = workbook.build(session)
    sheet = load_workbook(BytesIO(content))["Balances"]
    cell = next(row[0] for row in sheet.iter_rows() if row[0].value == "=HYPERLINK(1)")
    assert cell.data_type == "s"


def test_an_uninstallation_without_it_sends_instructions_and_the_file(
    holding: Store, mailbox: Mailbox, set_settings: Callable[..., None]
) -> None:
    set_settings(SMTP_URL=mailbox.url, MAIL_FROM="Holdfast <stock@holdfast.example>")
    want_mail(holding)
    holding.control("POST", "/uninstall")
    holding.settle()
    (mail,) = mailbox.mails
    assert (mail["To"], mail["From"]) == (
        "stock@brand.example",
        "Holdfast <stock@holdfast.example>",
    )
    body = mail.get_body()
    assert body is not None and holding.domain in body.get_content()
    (file,) = mail.iter_attachments()
    held = {row[7:9]: row[4] for row in sheets(file.get_content())["Holds"][1:]}
    assert held["purchase_order", "na:77"] == 6
    (message,) = mails_of(holding)
    assert message.state == "done"


def test_after_a_clean_exit_no_mail_is_needed(
    holding: Store, mailbox: Mailbox, set_settings: Callable[..., None]
) -> None:
    set_settings(SMTP_URL=mailbox.url)
    want_mail(holding)
    leave(holding)
    holding.settle()
    holding.control("POST", "/uninstall")
    holding.settle()
    assert mailbox.mails == [] and mails_of(holding) == []


def test_a_mail_that_cannot_be_sent_now_waits_in_its_row(
    holding: Store, mailbox: Mailbox, set_settings: Callable[..., None]
) -> None:
    set_settings(SMTP_URL=mailbox.url)
    mailbox.refusing = 451
    want_mail(holding)
    holding.control("POST", "/uninstall")
    holding.settle()
    (message,) = mails_of(holding)
    assert (message.state, message.error) == ("waiting", "The mail server answers 451.")
    mailbox.refusing = None
    with transaction(holding.shop_id) as session:
        messages.replay(session.get_one(Message, (holding.shop_id, message.message_id)))
    holding.settle()
    assert len(mailbox.mails) == 1


def test_without_a_mail_server_a_person_is_told_so(
    holding: Store, set_settings: Callable[..., None]
) -> None:
    want_mail(holding)
    holding.control("POST", "/uninstall")
    holding.settle()
    (message,) = mails_of(holding)
    assert message.state == "dead" and "SMTP_URL" in (message.error or "")


def test_a_password_is_never_sent_in_the_clear(
    holding: Store, mailbox: Mailbox, set_settings: Callable[..., None]
) -> None:
    set_settings(SMTP_URL=mailbox.url.replace("smtp://", "smtp://me:secret@"))
    want_mail(holding)
    holding.control("POST", "/uninstall")
    holding.settle()
    (message,) = mails_of(holding)
    assert message.state == "dead" and "no encryption" in (message.error or "")
    assert mailbox.mails == []


def test_a_shop_that_comes_back_is_no_longer_leaving(holding: Store) -> None:
    leave(holding)
    holding.settle()
    holding.control("POST", "/uninstall")
    holding.settle()
    holding.connect()
    with transaction(holding.shop_id) as session:
        assert this_shop(session).leaving_at is None
    assert holding.differences() == []
