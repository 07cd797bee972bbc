"""How long the audit takes over a long history, and whether it names every kind of corruption in it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import psycopg

from app.bench import ground, read
from app.bench.corruptions import CORRUPTIONS, spoil
from app.bench.ground import Ground
from app.bench.report import Report, Series
from app.db import run
from app.inventory import audit
from app.inventory.audit import Finding

# Items with all that a corruption may need: orders and purchase orders, of which some has left.
RICH_ITEMS = """
SELECT item_id FROM hold WHERE shop_id = %s GROUP BY item_id
HAVING count(*) FILTER (WHERE fact AND fulfilled > 0) > 1
   AND count(*) FILTER (WHERE NOT fact AND fulfilled > 0) > 1
ORDER BY count(*) LIMIT %s
"""


def measure(place: Ground, rounds: int, movements: int, connections: int) -> Report:
    """Audits right books in every round, then spoils them in every way we know and audits once more.

    Raises BooksAreWrong when right books give a finding or a corruption is not found by name.
    """
    shop_id, chunks = read.write(place, movements)
    whole = Series("audit, all checks", "audits")
    each = {name: Series(name, "audits") for name in audit.ledger_checks()}
    for _ in range(rounds):
        found = _audited(shop_id, connections, whole, each)
        if found:
            raise ground.BooksAreWrong(f"right books give {found[0]}")
    kinds = _spoil(place, shop_id)
    spoiled = Series("audit of spoiled books", "audits")
    named = {finding.check for finding in _audited(shop_id, connections, spoiled, {})}
    missed = [kind for kind, check in kinds.items() if check not in named]
    if missed:
        raise ground.BooksAreWrong(f"not found by name: {', '.join(missed)}")
    return Report(
        "audit",
        ground.database_version(),
        rounds,
        [whole, spoiled, *each.values()],
        {
            "movements": chunks[-1].total,
            "connections": connections,
            "seconds": round(max(one[0] for one in whole.milliseconds) / 1_000, 1),
            "kinds_of_corruption_found": len(kinds),
            "found": kinds,
        },
        "right books gave no finding, every corruption was found by the name of its check",
    )


def _audited(
    shop_id: int, connections: int, whole: Series, each: dict[str, Series]
) -> list[Finding]:
    def look(name: str) -> list[Finding]:
        started = time.perf_counter()
        found = run(audit.findings_of, shop_id, name)
        seconds = time.perf_counter() - started
        if name in each:
            each[name].add(1, seconds, [seconds])
        return found

    started = time.perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        found = [finding for part in pool.map(look, audit.ledger_checks()) for finding in part]
    seconds = time.perf_counter() - started
    whole.add(1, seconds, [seconds])
    return found


def _spoil(place: Ground, shop_id: int) -> dict[str, str]:
    """Every corruption, each on an item of its own; which check must name it."""
    with psycopg.connect(place.superuser_url, autocommit=True) as connection:
        rich = connection.execute(RICH_ITEMS, (shop_id, len(CORRUPTIONS))).fetchall()
        for corruption, (item_id,) in zip(CORRUPTIONS, rich, strict=True):
            spoil(connection, corruption, shop_id, item_id)
    return {corruption.kind: corruption.check for corruption in CORRUPTIONS}
