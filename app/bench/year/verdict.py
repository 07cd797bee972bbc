"""What the year came to: faults named, orders seen, submissions counted, every unit in its place.

What was seeded and what Amazon holds comes from the simulator; what was found comes from the product.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, select

from app.bench.year.amazon import Amazon
from app.bench.year.walk import Walk
from app.db import run, shop_of
from app.vendor.receiving.places import Places, places_of
from app.vendor.tables import PurchaseOrder

Ending = dict[str, dict[str, int]]
SUBMISSION = """
SELECT topic, reference, state, error, history::text AS history FROM message
WHERE shop_id = :shop AND direction = 'out' AND channel = 'amazon'
"""
CHANGED = """
SELECT DISTINCT number FROM purchase_order_version, jsonb_array_elements(changes) AS change
WHERE shop_id = :shop AND change ->> 'field' = 'ordered_units'
GROUP BY number, change ->> 'line' HAVING count(*) >= :times
"""
SHRUNK = """
SELECT DISTINCT number FROM (
    SELECT number, total < lag(total) OVER (PARTITION BY region, number, line ORDER BY observed_at)
        AS is_less FROM receipt WHERE shop_id = :shop) AS told WHERE is_less
"""


@dataclass
class Verdict:
    """The outcome; a good one has no `wrong`."""

    kinds: list[dict[str, Any]]
    places: dict[str, int]
    endings: Ending
    invoices: dict[str, str]
    sent: dict[str, int]
    wrong: list[str] = field(default_factory=list)


def verdict(walk: Walk) -> Verdict:
    """Holds the product's end against Amazon's own."""
    shop_id = walk.product.shop_id
    ours = run(_places, shop_id)
    theirs = walk.amazon.orders()
    wrong = [f"order {one} was missed" for one in sorted(theirs.keys() - ours.keys())]
    for number, lines in ours.items():
        wrong += _misplaced(theirs[number], lines, walk)
    wrong += sent_twice(walk.amazon)
    wrong += walk.amazon.stats()["contract_breaks"]
    wrong += [f"job {one} failed" for one in walk.product.failed]
    kinds = _kinds(walk, ours)
    wrong += [f"{one['kind']}: {about} was not named" for one in kinds for about in one["missed"]]
    totals: Counter[str] = Counter()
    for lines in ours.values():
        for places in lines.values():
            totals.update(places._asdict())
    endings = {
        f"{number}/{line}": places._asdict()
        for number, lines in sorted(ours.items())
        for line, places in sorted(lines.items())
    }
    invoices = {
        row.number: row.state
        for row in walk.product.rows(
            "SELECT number, state FROM invoice WHERE shop_id = :shop ORDER BY 1", shop=shop_id
        )
    }
    wrong += _unlanded(walk, invoices)
    return Verdict(kinds, dict(totals), endings, invoices, submissions(walk.amazon), wrong)


def _unlanded(walk: Walk, ours: dict[str, str]) -> list[str]:
    """Invoices that are elsewhere than Amazon has them."""
    taken = {one["sent"]["id"] for one in walk.amazon.rows("invoices") if not one["errors"]}
    expected = dict.fromkeys(ours, "nothing") | dict.fromkeys(taken, "landed")
    expected |= dict.fromkeys(walk.never_landed, "missing")
    return [
        f"invoice {number} is {ours.get(number, 'unknown')}, Amazon has it as {theirs}"
        for number, theirs in sorted(expected.items())
        if ours.get(number) != theirs
    ]


def sent_twice(amazon: Amazon) -> list[str]:
    """Submissions that Amazon took more than once, by its own log."""
    acknowledged = Counter(
        sent["purchaseOrderNumber"]
        for one in amazon.rows("acknowledgements")
        if not one["errors"]
        for sent in one["sent"]
    )
    notices = Counter(
        (one["sent"]["shipmentIdentifier"], one["sent"]["shipmentConfirmationType"])
        for one in amazon.rows("shipments-sent")
        if not one["errors"]
    )
    invoices = Counter(one["sent"]["id"] for one in amazon.rows("invoices") if not one["errors"])
    return [
        f"{what} {name} was sent {times} times"
        for what, counted in (
            ("acknowledgement of", acknowledged),
            ("notice", notices),
            ("invoice", invoices),
        )
        for name, times in counted.items()
        if times > 1
    ]


def submissions(amazon: Amazon) -> dict[str, int]:
    """How many papers of each kind Amazon took from us, by its own log."""
    return {
        what: sum(not one["errors"] for one in amazon.rows(name))
        for what, name in (
            ("acknowledgements", "acknowledgements"),
            ("shipment notices", "shipments-sent"),
            ("invoices", "invoices"),
        )
    }


def differences(found: Verdict, other: Mapping[str, Any]) -> list[str]:
    """Where another walk (as it was written) ended otherwise than this one, line by line."""
    return [
        f"{name} {one} is {mine.get(one)}, and {theirs.get(one)} in the other walk"
        for name, mine, theirs in (
            ("line", found.endings, other["endings"]),
            ("invoice", found.invoices, other["invoices"]),
        )
        for one in sorted(mine.keys() | theirs.keys())
        if mine.get(one) != theirs.get(one)
    ]


def _places(session: Session) -> dict[str, dict[str, Places]]:
    rows = session.exec(select(PurchaseOrder).where(PurchaseOrder.shop_id == shop_of(session)))
    return {order.number: places_of(session, order) for order in rows}


def _misplaced(order: dict[str, Any], ours: dict[str, Places], walk: Walk) -> list[str]:
    """Lines whose units the product has elsewhere than Amazon, or more or fewer than once."""
    sent: Counter[str] = Counter()
    for one in walk.amazon_notices():
        for item in one["shippedItems"]:
            if item["itemDetails"]["purchaseOrderNumber"] == order["number"]:
                sent[item["amazonProductIdentifier"]] += item["shippedQuantity"]["amount"]
    found = []
    is_closed = order["state"] == "Closed"
    for line in order["lines"]:
        places = ours.get(line["sequence"], Places())
        once = max(one["ordered"] for one in line["ordered_history"])
        received = min(line["received"], line["amount"] - line["rejected"])
        left = min(sent[line["asin"]], line["amount"] - line["rejected"])
        rest = line["amount"] - line["rejected"] - max(left, received)
        expected = {
            "to come": 0 if is_closed else rest,
            "shipped": 0 if is_closed else left - received,
            "received": received,
            "short": line["amount"] - line["rejected"] - received if is_closed else 0,
            "rejected": line["rejected"],
            "cancelled": once - line["amount"],
        }
        said = {
            "to come": places.open + places.held,
            "shipped": places.shipped,
            "received": places.received,
            "short": places.short,
            "rejected": places.rejected,
            "cancelled": places.cancelled,
        }
        if order["number"] in walk.without_effect():
            # Amazon took what we said and shows nothing of it: ours is the only word there is.
            for one in (said, expected):
                one["to come"], one["rejected"] = one["to come"] + one["rejected"], 0
        if said != expected or sum(said.values()) != once:
            found.append(f"{order['number']}/{line['sequence']}: {said}, Amazon has {expected}")
    return found


def _kinds(walk: Walk, ours: dict[str, dict[str, Places]]) -> list[dict[str, Any]]:
    """Each kind of fault: what was seeded, what the product names, and what it does not."""
    shop = walk.product.shop_id
    sent = walk.product.rows(SUBMISSION, shop=shop)
    seeded: dict[str, set[str]] = {}
    for one in walk.seeded:
        seeded.setdefault(one.kind, set()).add(one.about)
    for one in walk.amazon.stats()["faults_taken"]:
        if one["kind"] in ("cut", "refuse"):
            seeded.setdefault(one["kind"], set()).update(one["about"])
    seeded["never_shown"] = walk.without_effect()
    seeded["never_land"] = set(walk.never_landed)
    seeded["delivered again"] = set(ours) - seeded.get("late order", set())
    versions = Counter(
        row.number
        for row in walk.product.rows(
            "SELECT number FROM purchase_order WHERE shop_id = :shop", shop=shop
        )
    )
    named = {
        "late order": set(ours),
        "delivered again": {one for one, rows in versions.items() if rows == 1},
        "changed order": _numbers(walk, CHANGED, times=1),
        "cancelled and taken back": _numbers(walk, CHANGED, times=2),
        "shrinking receipt": _numbers(walk, SHRUNK),
        "short receipt": {
            number for number, lines in ours.items() if any(one.short for one in lines.values())
        },
        "never_shown": {
            row.reference for row in sent if row.topic == "acknowledgement" and row.state == "dead"
        },
        "never_land": _numbers(
            walk, "SELECT number FROM invoice WHERE shop_id = :shop AND state = 'missing'"
        ),
        "refuse": set(walk.named.get("refuse", [])),
        "cut": {row.reference for row in sent if "did not answer" in row.history},
    }
    for kind, words in walk.named.items():
        if kind in SAID_BY:
            is_named = any(SAID_BY[kind] in one for one in words)
            named[kind] = seeded[kind] if is_named else set()
    return [
        {
            "kind": kind,
            "seeded": len(abouts),
            "found": len(abouts & named[kind]),
            "named_as": NAMED_AS.get(kind, "; ".join(walk.named.get(kind, []))[:90]),
            "missed": sorted(abouts - named[kind]),
        }
        for kind, abouts in seeded.items()
    ]


def _numbers(walk: Walk, statement: str, **given: Any) -> set[str]:
    rows = walk.product.rows(statement, shop=walk.product.shop_id, **given)
    return {row[0] for row in rows}


# What the product must say of a reading that went wrong; other words are not its name.
SAID_BY = {
    "html_503": "answered 503",
    "html_200": "not JSON",
    "empty": "is empty",
    "no_rows": "asked for by name",
    "throttle": "answered 429",
}
NAMED_AS = {
    "late order": "an order, by the window of changes",
    "delivered again": "one order, once",
    "changed order": "a version with its difference",
    "cancelled and taken back": "two versions with their differences",
    "shrinking receipt": "a lower total after a higher one",
    "short receipt": "units that stand in short",
    "never_shown": "a dead message: taken and not shown",
    "never_land": "an invoice that is missing",
    "refuse": "a failed shipment with Amazon's reason",
    "cut": "an unknown outcome, looked for before anything is sent again",
}
