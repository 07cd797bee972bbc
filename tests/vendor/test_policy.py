"""Purchase orders under a policy: what is held, what is proposed, and the reason beside it."""

from __future__ import annotations

from typing import Any

from app import jobs
from app.db import transaction
from app.inventory import policy_changes
from app.inventory.models import State
from app.inventory.policies import PolicyKey, Terms
from app.vendor import acknowledgements
from app.vendor.acknowledgements import Said
from tests.vendor.brand import STOVE, TENT, VendorBrand
from tests.vendor.test_acknowledgements import proposals
from tests.vendor.test_kits import CAMP, make_kit


def decide(brand: VendorBrand, **terms: Any) -> None:
    with transaction(brand.shop_id) as session:
        policy_changes.put_policy(session, PolicyKey(), Terms(**terms), by="user:1")
    jobs.do("policy", brand.shop_id)


def place(brand: VendorBrand, *lines: dict[str, Any]) -> str:
    number = brand.amazon.place(*lines)
    brand.poll()
    return number


def test_the_proposal_names_what_a_ceiling_keeps(brand: VendorBrand) -> None:
    brand.stock("stove", 500)
    decide(brand, amazon_ceiling=200)
    number = place(brand, STOVE | {"amount": 300})
    line = proposals(brand, number)["1"]
    assert (line.accept, line.reject, line.because) == (200, 100, "held_in_part")
    assert line.withheld is not None
    assert line.withheld.model_dump() == {"units": 100, "because": "ceiling", "value": 200}
    assert brand.balance("stove", State.RESERVED) == 200


def test_the_proposal_is_in_whole_cases_where_policy_says_so(brand: VendorBrand) -> None:
    brand.stock("tent", 20)
    decide(brand, whole_cases=True)
    number = place(brand, TENT | {"amount": 30})
    line = proposals(brand, number)["1"]
    assert (line.accept, line.reject) == (18, 12)
    assert line.withheld is not None
    assert line.withheld.model_dump() == {"units": 12, "because": "whole_cases", "value": 6}


def test_a_line_that_is_granted_in_full_has_nothing_withheld(brand: VendorBrand) -> None:
    brand.stock("stove", 500)
    decide(brand, amazon_ceiling=200)
    number = place(brand, STOVE | {"amount": 200})
    assert proposals(brand, number)["1"].withheld is None


def test_more_is_proposed_when_the_policy_allows_more(brand: VendorBrand) -> None:
    brand.stock("stove", 100)
    decide(brand, amazon_share=30)
    number = place(brand, STOVE | {"amount": 80})
    assert proposals(brand, number)["1"].accept == 30
    decide(brand, amazon_share=60)
    assert proposals(brand, number)["1"].accept == 60


def test_what_was_acknowledged_is_shipped_whatever_the_policy_becomes(brand: VendorBrand) -> None:
    brand.stock("stove", 100)
    number = place(brand, STOVE | {"amount": 80})
    with transaction(brand.shop_id) as session:
        said = Said("1", 80, 0, 0, None)
        acknowledgements.acknowledge(session, "na", number, [said], actor="user:1")
    decide(brand, amazon_ceiling=0)
    assert brand.balance("stove", State.RESERVED) == 80
    assert proposals(brand, number)["1"].withheld is None


def test_a_purchase_order_that_gave_way_says_so(brand: VendorBrand) -> None:
    brand.stock("stove", 10)
    decide(brand, take_back=True)
    number = place(brand, STOVE | {"amount": 10})
    brand.shop_order("stove", 4)
    jobs.do("ask_again", brand.shop_id)
    line = proposals(brand, number)["1"]
    assert line.withheld is not None
    assert (line.accept, line.withheld.because, line.withheld.units) == (6, "take_back", 4)
    assert brand.balance("stove", State.AVAILABLE) == 0


def test_a_kit_lacks_whatever_policy_keeps_of_any_part(brand: VendorBrand) -> None:
    brand.stock("tent", 50)
    brand.stock("mug", 50)
    make_kit(brand, tent=1, mug=2)
    decide(brand, amazon_ceiling=6)
    number = place(brand, CAMP | {"amount": 5})
    line = proposals(brand, number)["1"]
    assert line.withheld is not None
    assert (line.accept, line.withheld.units) == (3, 2)
    with transaction(brand.shop_id) as session:
        key = PolicyKey(item_id=brand.items["tent"])
        policy_changes.put_policy(session, key, Terms(amazon_ceiling=0), by="user:1")
    jobs.do("policy", brand.shop_id)
    line = proposals(brand, number)["1"]
    assert line.withheld is not None
    assert (line.accept, line.withheld.units) == (0, 5)
