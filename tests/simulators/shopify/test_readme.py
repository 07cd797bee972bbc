"""The README lists every call of the control API and every knob."""

from __future__ import annotations

import re
from pathlib import Path

from app.simulators.shopify.web import create_app
from app.simulators.shopify.world import World
from tests.simulators.shopify.conftest import Merchant

README = Path(__file__).parents[3] / "app" / "simulators" / "shopify" / "README.md"


def test_every_call_of_the_control_api_is_in_the_readme(shop: Merchant) -> None:
    world: World = shop.world
    text = README.read_text()
    for rule in create_app(world).url_map.iter_rules():
        found = re.fullmatch(r"/_control/<shop>/(.+)", rule.rule)
        if found:
            path = re.sub(r"<(?:int:)?(\w+)>", "{}", found[1])
            shown = re.sub(r"\{\w+\}", "{}", text)
            assert path in shown, rule.rule


def test_every_knob_is_in_the_readme(shop: Merchant) -> None:
    text = README.read_text()
    assert [name for name in shop.world.knobs(shop.state) if f"`{name}`" not in text] == []
