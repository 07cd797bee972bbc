"""Items and locations as Shopify names them: kept with their aliases, a batch at a time."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, select

from app.db import shop_of
from app.inventory import ledger
from app.inventory.documents import Claim, Document
from app.inventory.models import Alias, Item, Location, State
from app.shopify.client import Json
from app.shopify.payloads import amount, identifier, words
from app.shops import this_shop

ITEM, VARIANT, BARCODE, ASIN = "shopify_inventory_item", "shopify_variant", "barcode", "asin"
ASIN_SHAPE = re.compile(r"B0[0-9A-Z]{8}", re.ASCII)
ONLY_VARIANT = "Default Title"
# Two writers of one shop's items would each add what the other is just adding.
LOCK = "SELECT pg_advisory_xact_lock(6925, :shop)"
HOLDING = """
SELECT document.kind, document.reference, document.version, document.digest, hold.line,
       hold.item_id, hold.location_id, hold.state::text, hold.wanted, hold.fulfilled, hold.fact,
       hold.firm, hold.expires_at, hold.due_at
FROM hold JOIN document USING (shop_id, document_id)
WHERE shop_id = :shop AND document_id IN (
    SELECT document_id FROM hold
    WHERE shop_id = :shop AND item_id = ANY(:items) AND held > 0)
ORDER BY document_id
"""


@dataclass(frozen=True)
class ItemFacts:
    """What Shopify says of one inventory item; None means that this source does not say."""

    inventory_item_id: str
    sku: str
    title: str | None = None
    image_url: str | None = None
    tracked: bool | None = None
    units_per_case: int | None = None
    unit_cost: Decimal | None = None
    unit_cost_currency: str | None = None
    price: Decimal | None = None
    variant_ids: tuple[str, ...] = ()
    barcodes: tuple[str, ...] = ()
    asins: tuple[str, ...] = ()
    archived: bool | None = None


@dataclass(frozen=True)
class Upserted:
    """Shopify's inventory item → our item, and which of ours are new."""

    item_ids: dict[str, int]
    new: frozenset[int]


def upsert(session: Session, facts: Sequence[ItemFacts]) -> Upserted:
    """Keeps items and their aliases as Shopify states them now; safe to repeat, in any order.

    Several variants of one inventory item are one item. An item that is no longer tracked holds
    nothing any more.
    """
    if not facts:
        return Upserted({}, frozenset())
    session.execute(text(LOCK), {"shop": shop_of(session)})
    known = _items_by_alias(session, [one.inventory_item_id for one in facts])
    now = datetime.now(UTC)
    currency = currency_of(session)
    found: dict[str, Item] = {}
    new: list[Item] = []
    untracked: list[int] = []
    for one in facts:
        item = known.get(one.inventory_item_id) or found.get(one.inventory_item_id)
        if item is None:
            item = Item(shop_id=shop_of(session), sku=one.sku, created_at=now)
            new.append(item)
        elif one.tracked is False and item.tracked:
            untracked.append(item.item_id)
        _update(item, one, currency, now)
        found[one.inventory_item_id] = item
    session.add_all(new)
    session.flush()
    item_ids = {number: item.item_id for number, item in found.items()}
    _keep_aliases(session, facts, item_ids)
    release_untracked(session, untracked)
    return Upserted(item_ids, frozenset(item.item_id for item in new))


def facts_of_inventory_item(node: Json, variants: Sequence[Json]) -> ItemFacts:
    """From the catalogue import: an inventory item and the variants that sell it."""
    ordered = sorted(variants, key=lambda one: int(identifier(one["id"]) or 0))
    first = ordered[0] if ordered else {}
    product = first.get("product") or {}
    codes = [words(one.get("barcode")) or "" for one in ordered]
    given = [_metafield(one, "asin") or "" for one in ordered]
    cost = node.get("unitCost") or {}
    return ItemFacts(
        inventory_item_id=identifier(node["id"]) or "",
        sku=words(node.get("sku")) or words(first.get("sku")) or "",
        title=title_of(product.get("title"), first.get("title")),
        image_url=image_of(product),
        # A set's stock is that of its parts; orders name the parts, and it cannot be written.
        tracked=bool(node.get("tracked")) and not any(_is_set(one) for one in ordered),
        units_per_case=_case(_metafield(first, "unitsPerCase")),
        unit_cost=money(cost.get("amount")),
        unit_cost_currency=cost.get("currencyCode"),
        price=money(words(first.get("price"))),
        variant_ids=tuple(filter(None, (identifier(one["id"]) for one in ordered))),
        barcodes=_barcodes(codes),
        asins=_asins([*given, *codes]),
        archived=product.get("status") == "ARCHIVED" if product else None,
    )


def facts_of_product(product: Json) -> list[ItemFacts]:
    """From a product read by GraphQL: one for each inventory item of its variants."""
    by_item: dict[str, list[Json]] = defaultdict(list)
    nodes: dict[str, Json] = {}
    for variant in product["variants"]["nodes"]:
        node = variant["inventoryItem"]
        nodes[node["id"]] = node
        by_item[node["id"]].append({**variant, "product": product})
    return [facts_of_inventory_item(nodes[key], variants) for key, variants in by_item.items()]


def facts_of_payload(kept: Mapping[str, Any]) -> list[ItemFacts]:
    """From a products webhook: one for each inventory item; case sizes and cost are not in it."""
    images = {one.get("id"): one.get("src") for one in kept.get("images") or ()}
    main = (kept.get("image") or {}).get("src")
    by_item: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for variant in kept.get("variants") or ():
        if variant.get("id") and variant.get("inventory_item_id"):
            by_item[variant["inventory_item_id"]].append(variant)
    made = []
    for number, variants in by_item.items():
        ordered = sorted(variants, key=lambda one: int(one["id"]))
        codes = [one.get("barcode") or "" for one in ordered]
        made.append(
            ItemFacts(
                inventory_item_id=number,
                sku=ordered[0].get("sku") or "",
                title=title_of(kept.get("title"), ordered[0].get("title")),
                image_url=images.get(ordered[0].get("image_id")) or main,
                price=money(words(ordered[0].get("price"))),
                variant_ids=tuple(one["id"] for one in ordered),
                barcodes=_barcodes(codes),
                asins=_asins(codes),
                archived=kept.get("status") == "archived",
            )
        )
    return made


def title_of(product: str | None, variant: str | None) -> str | None:
    """As a person knows it: "Ridge tent – 2P"; a product's only variant has no name of its own."""
    whole = words(product)
    if whole and variant and variant != ONLY_VARIANT:
        return f"{whole} – {words(variant)}"
    return whole


def image_of(product: Json) -> str | None:
    """The address of a product's picture."""
    media = product.get("featuredMedia") or {}
    image = (media.get("preview") or {}).get("image") or {}
    return image.get("url")


def keep_locations(session: Session, nodes: Iterable[Json], *, all_of_them: bool = False) -> None:
    """Keeps locations by Shopify's id; with `all_of_them` those that are missing become inactive.

    New ones that serve online orders are asked first. A person's later choice of priority stays.
    """
    session.execute(text(LOCK), {"shop": shop_of(session)})
    rows = session.exec(select(Location).where(Location.shop_id == shop_of(session))).all()
    known = {row.reference: row for row in rows}
    seen = set()
    for node in sorted(nodes, key=lambda one: int(identifier(one["id"]) or 0)):
        reference = identifier(node["id"])
        if reference is None:
            continue
        seen.add(reference)
        location = known.get(reference)
        if location is None:
            first = node.get("fulfillsOnlineOrders", True)
            location = Location(
                shop_id=shop_of(session),
                reference=reference,
                name="",
                priority=100 if first else 200,
            )
            session.add(location)
            known[reference] = location
        location.name = words(node.get("name")) or location.name or reference
        active = node.get("isActive")
        location.active = location.active if active is None else bool(active)
        session.flush()
    if all_of_them:
        for reference, location in known.items():
            if reference not in seen:
                location.active = False
    session.flush()


def money(text_of_it: str | None) -> Decimal | None:
    """A cost as a number, if it is one."""
    return Decimal(text_of_it) if text_of_it and amount(text_of_it) else None


def currency_of(session: Session) -> str:
    """The shop's own currency, in which Shopify states costs and variants' prices."""
    return this_shop(session).currency


def item_ids_of(session: Session, kind: str, values: Iterable[str]) -> dict[str, int]:
    """Alias → item, for those that are known."""
    rows = session.exec(
        select(Alias).where(
            Alias.shop_id == shop_of(session), Alias.kind == kind, col(Alias.value).in_(set(values))
        )
    )
    return {row.value: row.item_id for row in rows}


def counted_ids_of(session: Session, numbers: Iterable[str]) -> tuple[dict[str, int], set[str]]:
    """Inventory item → item whose stock is counted, and those that are known but not counted."""
    known = item_ids_of(session, ITEM, numbers)
    rows = session.exec(
        select(Item.item_id).where(
            Item.shop_id == shop_of(session), col(Item.item_id).in_(known.values()), Item.tracked
        )
    )
    counted = set(rows)
    return (
        {number: item_id for number, item_id in known.items() if item_id in counted},
        {number for number, item_id in known.items() if item_id not in counted},
    )


def numbers_of(session: Session, kind: str, item_ids: Sequence[int]) -> list[str]:
    """The outside's own identifiers of these items, of one kind."""
    rows = session.exec(
        select(Alias.value)
        .where(
            Alias.shop_id == shop_of(session),
            Alias.kind == kind,
            col(Alias.item_id).in_(item_ids),
        )
        .order_by(col(Alias.value))
    )
    return list(rows)


def release_untracked(session: Session, item_ids: Sequence[int]) -> None:
    """Lets go of all that is held of items whose stock the store no longer tracks."""
    if not item_ids:
        return
    rows = session.execute(text(HOLDING), {"shop": shop_of(session), "items": list(item_ids)}).all()
    by_document: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in rows:
        by_document[row.kind, row.reference].append(row)
    ledger.settle(
        session,
        [
            Document(
                kind=kind,
                reference=reference,
                version=lines[0].version,
                digest=lines[0].digest,
                fact=lines[0].fact,
                firm=lines[0].firm,
                expires_at=lines[0].expires_at,
                claims=[
                    Claim(
                        row.line,
                        row.item_id,
                        row.location_id,
                        State(row.state),
                        row.wanted,
                        row.due_at,
                    )
                    for row in lines
                    if row.item_id not in item_ids
                ],
                # Shopify keeps no count of the item any more, so there is nothing to tell it.
                echo=True,
                actor="shopify",
            )
            for (kind, reference), lines in by_document.items()
        ],
    )


def _items_by_alias(session: Session, numbers: Sequence[str]) -> dict[str, Item]:
    rows = session.exec(
        select(Alias.value, Item)
        .join(Item, (col(Item.shop_id) == Alias.shop_id) & (col(Item.item_id) == Alias.item_id))
        .where(
            Alias.shop_id == shop_of(session),
            Alias.kind == ITEM,
            col(Alias.value).in_(set(numbers)),
        )
    )
    return {row[0]: row[1] for row in rows}


def _update(item: Item, facts: ItemFacts, currency: str, now: datetime) -> None:
    stated = {
        "sku": facts.sku,
        "title": facts.title,
        "image_url": facts.image_url,
        "tracked": facts.tracked,
        "units_per_case": facts.units_per_case,
    }
    changed: dict[str, Any] = {key: value for key, value in stated.items() if value is not None}
    if facts.unit_cost is not None:
        changed |= {
            "unit_cost": facts.unit_cost,
            "unit_cost_currency": facts.unit_cost_currency,
        }
    if facts.price is not None:
        changed |= {"price": facts.price, "price_currency": currency}
    if facts.archived is not None:
        changed["archived_at"] = (item.archived_at or now) if facts.archived else None
    for key, value in changed.items():
        if getattr(item, key) != value:
            setattr(item, key, value)
            item.updated_at = now


def _keep_aliases(
    session: Session, facts: Sequence[ItemFacts], item_ids: Mapping[str, int]
) -> None:
    rows: dict[tuple[str, str], int] = {}
    for one in facts:
        item_id = item_ids[one.inventory_item_id]
        rows[ITEM, one.inventory_item_id] = item_id
        rows |= {(VARIANT, value): item_id for value in one.variant_ids}
        for kind, values in ((BARCODE, one.barcodes), (ASIN, one.asins)):
            for value in values:
                rows.setdefault((kind, value), item_id)
    columns = {
        "shop": shop_of(session),
        "kinds": [kind for kind, _ in rows],
        "values": [value for _, value in rows],
        "items": list(rows.values()),
    }
    # A barcode that has gone from an item must not lead a purchase order to it.
    session.execute(
        text(
            "DELETE FROM alias WHERE shop_id = :shop AND kind = 'barcode' AND item_id = ANY(:items)"
            " AND value <> ALL(:values)"
        ),
        columns,
    )
    # Shopify's own ids say for certain whose they are; a code that two items carry stays the first's.
    session.execute(
        text(
            "INSERT INTO alias AS known (shop_id, kind, value, item_id)"
            " SELECT :shop, kind, value, item_id FROM unnest(CAST(:kinds AS text[]),"
            " CAST(:values AS text[]), CAST(:items AS int[])) AS given (kind, value, item_id)"
            " ON CONFLICT (shop_id, kind, value) DO UPDATE SET item_id = excluded.item_id"
            " WHERE known.kind IN ('shopify_inventory_item', 'shopify_variant')"
        ),
        columns,
    )


def _is_set(variant: Json) -> bool:
    return bool(variant.get("requiresComponents"))


def _metafield(node: Json, name: str) -> str | None:
    return words((node.get(name) or {}).get("value"))


def _case(value: str | None) -> int | None:
    return int(value) if value and value.isdecimal() and 0 < int(value) <= 1_000_000 else None


def _barcodes(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.strip() for one in codes if one.strip()))


def _asins(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.strip() for one in codes if ASIN_SHAPE.fullmatch(one.strip())))
