"""Rules of assignment over HTTP: whose a new discrepancy is."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pydantic import BaseModel, Field, model_validator
from sqlmodel import Session

from app.errors import FieldError, Refused
from app.http import Answer, APIBlueprint, Money, answer, shop_transaction
from app.inventory import kinds, working
from app.inventory.models import AssignmentRule
from app.overview.discrepancies import views
from app.overview.discrepancies.routes import DISCREPANCIES

api = APIBlueprint("assignment_rules", __name__, url_prefix="/api", abp_tags=[DISCREPANCIES])

MOST_RULES = 100


class RuleBody(BaseModel):
    """One rule; what is left out fits everything."""

    kind: str | None = Field(default=None, max_length=100)
    vendor_code: str | None = Field(default=None, max_length=100)
    at_least: Decimal | None = Field(default=None, ge=0, max_digits=19, decimal_places=4)
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    owner: str = Field(min_length=1, max_length=200)

    @model_validator(mode="after")
    def _amounts_have_currencies(self) -> RuleBody:
        if (self.at_least is None) != (self.currency is None):
            raise ValueError("an amount needs its currency, and a currency an amount")
        return self


class RulesBody(BaseModel):
    """All rules, in the order in which they are asked; the first that fits decides."""

    rules: list[RuleBody] = Field(max_length=MOST_RULES)
    apply: bool = Field(
        default=False, description="Also gives away what stands now and is nobody's."
    )


class RuleView(Answer):
    kind: str | None
    vendor_code: str | None
    at_least: Money | None
    owner: str


class RulesView(Answer):
    rules: list[RuleView]
    kinds: list[views.KindView]
    given: int = Field(default=0, description="How many have an owner by these rules just now.")


@api.get("/assignment-rules", responses={200: RulesView})
def read_rules() -> Any:
    """The rules in their order, and the kinds there are."""
    with shop_transaction() as session:
        view = _view(session)
    return answer(view)


@api.put("/assignment-rules", responses={200: RulesView})
def put_rules(body: RulesBody) -> Any:
    """Replaces all rules; what has an owner keeps it."""
    for place, rule in enumerate(body.rules):
        if rule.kind is not None and kinds.find(rule.kind) is None:
            raise Refused(
                "unknown_kind",
                "There is no such kind of discrepancy.",
                errors=[FieldError(f"rules[{place}].kind", "choose one of the kinds listed")],
            )
    with shop_transaction() as session:
        working.replace_rules(session, [AssignmentRule(**rule.model_dump()) for rule in body.rules])
        view = _view(session, working.assign(session) if body.apply else 0)
    return answer(view)


def _view(session: Session, given: int = 0) -> RulesView:
    return RulesView(
        rules=[
            RuleView(
                kind=rule.kind,
                vendor_code=rule.vendor_code,
                at_least=Money(amount=rule.at_least, currency=rule.currency)
                if rule.at_least is not None and rule.currency is not None
                else None,
                owner=rule.owner,
            )
            for rule in working.rules(session)
        ],
        kinds=views.kind_views(),
        given=given,
    )
