"""Runs the small Amazon: `python -m app.simulators.amazon --port 8002 --data DIR --client-id …`."""

from __future__ import annotations

import argparse
import logging
import threading
from pathlib import Path

from werkzeug.serving import WSGIRequestHandler, make_server

from app.simulators.amazon.control import control
from app.simulators.amazon.seed import history, next_order, seed
from app.simulators.amazon.server import Amazon
from app.simulators.amazon.world import FRESH, World
from app.simulators.store import Store


class Quiet(WSGIRequestHandler):
    """Keeps connections open, and says nothing of calls that went well."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        if str(code)[:1] == "5":
            super().log_request(code, size)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8002)
    parser.add_argument("--data", type=Path, help="folder for its state; none keeps it in memory")
    parser.add_argument("--client-id", required=True)
    parser.add_argument("--client-secret", required=True)
    parser.add_argument("--seed", choices=["demo", "empty", "history"], default="empty")
    parser.add_argument("--orders", type=int, default=5_000, help="of a seeded history")
    parser.add_argument("--lines", type=int, default=12, help="of each of its orders")
    parser.add_argument("--items", type=int, default=500, help="that its orders are of")
    parser.add_argument(
        "--unchecked", action="store_true", help="replies are not held against the models: measures"
    )
    parser.add_argument("--speed", type=float, default=1.0, help="how much faster than usual")
    parser.add_argument(
        "--receipts-by-hand", action="store_true", help="nothing is received until it is told to"
    )
    parser.add_argument("--live", action="store_true", help="sends new orders by itself")
    parser.add_argument("--live-seconds", type=float, default=90.0, help="between two new orders")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    path = arguments.data / "amazon.json" if arguments.data else None
    world = World(
        Store(path, {key: type(value)(value) for key, value in FRESH.items()}),
        client_id=arguments.client_id,
        client_secret=arguments.client_secret,
        speed=arguments.speed,
        plans_receipts=not arguments.receipts_by_hand,
    )
    if arguments.seed == "demo" and not world.state["accounts"]:
        seed(world)
    if arguments.seed == "history":
        history(world, arguments.orders, arguments.lines, arguments.items)
    amazon = Amazon(world, checks_replies=not arguments.unchecked)
    amazon.web.register_blueprint(control(amazon))
    amazon.web.add_url_rule("/healthz", "healthz", lambda: {"ok": True})
    if arguments.live:
        _live(world, arguments.live_seconds)
    server = make_server(
        "127.0.0.1", arguments.port, amazon.web, threaded=True, request_handler=Quiet
    )
    logging.info("Amazon simulator on http://127.0.0.1:%s", arguments.port)
    server.serve_forever()


def _live(world: World, seconds: float) -> None:
    def run() -> None:
        next_order(world)
        again()

    def again() -> None:
        timer = threading.Timer(seconds / world.speed, run)
        timer.daemon = True
        timer.start()

    again()


if __name__ == "__main__":
    main()
