"""Which invoice a payment's line pays may be said by a person where no rule has found it.

Revision: 0050, after 0049
"""

from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

RULES = ("same_number", "exact", "tolerance", "one_to_many", "many_to_one")
NAME = "ck_payment_match_rule"


def _allow(rules: tuple[str, ...]) -> None:
    op.drop_constraint(op.f(NAME), "payment_match", type_="check")
    op.create_check_constraint(op.f(NAME), "payment_match", f"rule IN {rules!r}")


def upgrade() -> None:
    _allow((*RULES, "by_hand"))


def downgrade() -> None:
    op.execute("DELETE FROM payment_match WHERE rule = 'by_hand'")
    _allow(RULES)
