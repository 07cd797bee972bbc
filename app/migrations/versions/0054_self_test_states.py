"""A part of Amazon's interface that does not answer says whether Amazon is troubled, asks for fewer
questions, or refuses our client secret.

Revision: 0054, after 0053
"""

from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

BEFORE = ("good", "role_missing", "consent_ended", "failing", "unasked")
MORE = ("throttled", "disturbed", "secret_refused")


def upgrade() -> None:
    _restrict((*BEFORE, *MORE))


def downgrade() -> None:
    op.execute(f"UPDATE capability SET state = 'failing' WHERE state IN {MORE!r}")
    _restrict(BEFORE)


def _restrict(states: tuple[str, ...]) -> None:
    name = op.f("ck_capability_state")
    op.drop_constraint(name, "capability", type_="check")
    op.create_check_constraint(name, "capability", f"state IN {states!r}")
