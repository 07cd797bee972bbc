"""Starts the simulator: `python -m app.simulators.shopify --help`."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.simulators.common.serving import bind, serve_until_told
from app.simulators.shopify import bulk, live, seed
from app.simulators.shopify.admin_api.execute import schema
from app.simulators.shopify.web import create_app
from app.simulators.shopify.world import Settings, World


def main() -> None:
    """Serves until told to stop."""
    given = _arguments()
    public_url = given.public_url or f"http://{given.host}:{given.port}"
    world = World(
        Settings(
            data=given.data,
            public_url=public_url,
            app_url=given.app_url.rstrip("/"),
            api_key=given.api_key,
            api_secret=given.api_secret,
            speed=given.speed,
            access_token_seconds=given.access_token_seconds,
        )
    )
    if given.shop not in world.shops:
        if given.seed == "demo":
            seed.demo(world, given.shop, given.seed_number)
        else:
            seed.empty(world, given.shop)
    schema()
    server = bind(create_app(world), given.host, given.port)
    world.start()
    for state in world.shops.values():
        bulk.resume(world, state)
    if given.live:
        live.start(world, world.state(given.shop), {"orders_per_minute": given.live})
    print(f"Simulated Shopify at {public_url}", flush=True)

    def end() -> None:
        for state in world.shops.values():
            live.stop(state)
        world.stop()

    serve_until_told(server, end)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app.simulators.shopify", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to bind")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--public-url", default="", help="how this server is reached by others")
    parser.add_argument("--data", type=Path, required=True, help="folder that keeps its state")
    parser.add_argument("--app-url", default="http://localhost:8000", help="the app's address")
    parser.add_argument("--api-key", required=True, help="the app's client id")
    parser.add_argument("--api-secret", required=True, help="the app's client secret")
    parser.add_argument("--shop", default=seed.DEMO, help="domain of the first shop")
    parser.add_argument("--seed", choices=("demo", "empty"), default="demo")
    parser.add_argument("--seed-number", type=int, default=1, help="another sample history")
    parser.add_argument("--speed", type=float, default=1.0, help="divides waits between retries")
    parser.add_argument("--access-token-seconds", type=int, default=3600)
    parser.add_argument(
        "--live",
        type=float,
        nargs="?",
        const=6.0,
        default=0.0,
        metavar="ORDERS_PER_MINUTE",
        help="begin with live traffic",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
