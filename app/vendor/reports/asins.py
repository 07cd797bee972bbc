"""What the reports say of one ASIN: its weeks, its forecasts as published, its last hours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from app.db import shop_of

WEEKS, FORECAST_WEEKS, HOURS = 26, 26, 72

# An ASIN is ours by its alias, or by the purchase order lines that name it.
ITEM = """
LEFT JOIN LATERAL (
    SELECT item.item_id, item.sku, item.title, item.image_url FROM item
    WHERE item.shop_id = :shop AND item.item_id = coalesce(
        (SELECT item_id FROM alias WHERE alias.shop_id = :shop AND kind = 'asin'
            AND value = listed.asin),
        (SELECT min(item_id) FROM purchase_order_line AS line WHERE line.shop_id = :shop
            AND line.asin = listed.asin HAVING count(DISTINCT item_id) = 1))
) AS item ON true
"""
# The newest week is each marketplace's own: another one's reports may come a day earlier.
WITHIN = """own.shop_id = :shop AND own.connection_id = here.connection_id
             AND own.marketplace = here.marketplace"""
LISTED = f"""
WITH here AS (
    SELECT DISTINCT connection_id, marketplace FROM report JOIN connection USING (shop_id, connection_id)
    WHERE shop_id = :shop AND connection.state <> 'disconnected'
), newest AS (
    SELECT here.*,
        (SELECT max(starts_on) FROM reported_sales AS own
         WHERE {WITHIN} AND ends_on = starts_on + 6) AS sold,
        (SELECT max(starts_on) FROM reported_inventory AS own
         WHERE {WITHIN} AND ends_on = starts_on + 6) AS stood,
        (SELECT max(published_on) FROM published_forecast AS own WHERE {WITHIN}) AS published
    FROM here
), sold AS (
    SELECT connection_id, marketplace, asin, starts_on, shipped_units, ordered_units
    FROM reported_sales JOIN newest USING (connection_id, marketplace)
    WHERE shop_id = :shop AND starts_on = newest.sold AND ends_on = starts_on + 6 AND asin <> ''
), stood AS (
    SELECT connection_id, marketplace, asin, starts_on, ends_on, sellable_units,
        open_purchase_order_units
    FROM reported_inventory JOIN newest USING (connection_id, marketplace)
    WHERE shop_id = :shop AND starts_on = newest.stood AND ends_on = starts_on + 6 AND asin <> ''
), ahead AS (
    SELECT DISTINCT ON (connection_id, marketplace, asin) connection_id, marketplace, asin,
        starts_on, p70, p80, p90
    FROM published_forecast JOIN newest USING (connection_id, marketplace)
    WHERE shop_id = :shop AND published_on = newest.published
    ORDER BY connection_id, marketplace, asin, starts_on
), listed AS (
    SELECT asin, marketplace, connection_id, sold.starts_on AS sold_from, shipped_units,
        ordered_units, stood.ends_on AS stood_on, sellable_units, open_purchase_order_units,
        ahead.starts_on AS forecast_from, p70, p80, p90
    FROM sold FULL JOIN stood USING (connection_id, marketplace, asin)
        FULL JOIN ahead USING (connection_id, marketplace, asin)
)
SELECT listed.*, item.* FROM listed {ITEM}
WHERE (listed.asin, listed.marketplace, listed.connection_id) > (:asin, :marketplace, :connection)
    AND (CAST(:like AS text) IS NULL OR listed.asin ILIKE :like OR item.sku ILIKE :like
        OR item.title ILIKE :like)
ORDER BY listed.asin, listed.marketplace, listed.connection_id LIMIT :limit
"""
PLACES = f"""
WITH listed AS (
    SELECT DISTINCT connection_id, marketplace, asin FROM reported_sales
    WHERE shop_id = :shop AND asin = :asin
    UNION SELECT DISTINCT connection_id, marketplace, asin FROM reported_inventory
    WHERE shop_id = :shop AND asin = :asin
    UNION SELECT DISTINCT connection_id, marketplace, asin FROM published_forecast
    WHERE shop_id = :shop AND asin = :asin
)
SELECT listed.connection_id, listed.marketplace, connection.name, item.item_id, item.sku,
    item.title, item.image_url
FROM listed JOIN connection ON connection.shop_id = :shop
    AND connection.connection_id = listed.connection_id {ITEM}
ORDER BY 2, 1
"""
OF_ONE = """shop_id = :shop AND connection_id = :connection AND marketplace = :marketplace
    AND asin = :asin"""
PAST_WEEKS = f"""
WITH sold AS (SELECT * FROM reported_sales WHERE {OF_ONE} AND ends_on = starts_on + 6),
stood AS (SELECT * FROM reported_inventory WHERE {OF_ONE} AND ends_on = starts_on + 6),
seen AS (SELECT * FROM reported_traffic WHERE {OF_ONE} AND ends_on = starts_on + 6),
earned AS (SELECT * FROM reported_margin WHERE {OF_ONE} AND ends_on = starts_on + 6)
SELECT starts_on, ends_on, ordered_units, shipped_units, shipped_revenue, shipped_cogs,
    customer_returns, sold.currency, sellable_units, sellable_cost,
    stood.currency AS cost_currency, net_received_units, open_purchase_order_units, glance_views,
    net_pure_product_margin
FROM sold FULL JOIN stood USING (starts_on, ends_on) FULL JOIN seen USING (starts_on, ends_on)
    FULL JOIN earned USING (starts_on, ends_on)
ORDER BY starts_on DESC LIMIT :limit
"""
# Of each week: the newest forecast, the first one, and the 80 % of every one between.
FORECASTS = f"""
SELECT starts_on, max(ends_on) AS ends_on,
    (array_agg(published_on ORDER BY published_on DESC))[1] AS published_on,
    (array_agg(mean ORDER BY published_on DESC))[1] AS mean,
    (array_agg(p70 ORDER BY published_on DESC))[1] AS p70,
    (array_agg(p80 ORDER BY published_on DESC))[1] AS p80,
    (array_agg(p90 ORDER BY published_on DESC))[1] AS p90,
    min(published_on) AS first_published_on,
    (array_agg(p80 ORDER BY published_on))[1] AS first_p80,
    jsonb_agg(jsonb_build_object('published_on', published_on, 'mean', mean::text,
        'p70', p70::text, 'p80', p80::text, 'p90', p90::text) ORDER BY published_on) AS versions
FROM published_forecast WHERE {OF_ONE} AND starts_on >= CURRENT_DATE - 56
GROUP BY starts_on ORDER BY starts_on LIMIT :limit
"""
LAST_HOURS = f"""
WITH sold AS (SELECT * FROM hourly_sales WHERE {OF_ONE}
    AND starts_at > now() - interval '72 hours'),
stood AS (SELECT * FROM hourly_inventory WHERE {OF_ONE}
    AND starts_at > now() - interval '72 hours'),
seen AS (SELECT * FROM hourly_traffic WHERE {OF_ONE}
    AND starts_at > now() - interval '72 hours')
SELECT starts_at, ordered_units, ordered_revenue, currency, highly_available_units, glance_views
FROM sold FULL JOIN stood USING (starts_at) FULL JOIN seen USING (starts_at)
ORDER BY starts_at DESC LIMIT :limit
"""

Row = Mapping[str, Any]


def listed(
    session: Session, search: str | None, after: tuple[str, str, int], limit: int
) -> list[Row]:
    """ASINs of the newest reports with their newest figures, in their order, after a key."""
    return _rows(
        session,
        LISTED,
        like=search,
        asin=after[0],
        marketplace=after[1],
        connection=after[2],
        limit=limit,
    )


def places(session: Session, asin: str) -> list[Row]:
    """The vendor groups and marketplaces that reports name this ASIN in, with our item."""
    return _rows(session, PLACES, asin=asin)


def past_weeks(session: Session, asin: str, place: Row) -> list[Row]:
    """What each past week's reports say of it, the newest first."""
    return _rows(session, PAST_WEEKS, **_one(asin, place), limit=WEEKS)


def forecasts(session: Session, asin: str, place: Row) -> list[Row]:
    """Each week's forecast: as published last, first, and every time between."""
    return _rows(session, FORECASTS, **_one(asin, place), limit=FORECAST_WEEKS + 8)


def last_hours(session: Session, asin: str, place: Row) -> list[Row]:
    """What the real-time reports say of the last three days, the newest hour first."""
    return _rows(session, LAST_HOURS, **_one(asin, place), limit=HOURS)


def _one(asin: str, place: Row) -> dict[str, Any]:
    return {
        "asin": asin,
        "connection": place["connection_id"],
        "marketplace": place["marketplace"],
    }


def _rows(session: Session, statement: str, **parameters: Any) -> list[Row]:
    found = session.execute(text(statement), {"shop": shop_of(session), **parameters})
    return [dict(row._mapping) for row in found]
