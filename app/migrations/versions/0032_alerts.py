"""Alerts: whom to tell, when, and what was noticed.

Revision: 0032, after 0031
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from app.migrations.tenancy import protect

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

TENANT_TABLES = ("alert_address", "alert_rule", "alert")


def upgrade() -> None:
    op.create_table(
        "alert_address",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("address_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("sealed", AutoString(), nullable=False),
        sa.Column("hint", AutoString(), nullable=False),
        sa.Column("language", AutoString(), nullable=False),
        sa.Column("rhythm", AutoString(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("digested_at", UTCDateTime(), nullable=False),
        sa.Column("made_by", AutoString(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('email', 'slack', 'webhook', 'other')", name=op.f("ck_alert_address_kind")
        ),
        sa.CheckConstraint(
            "rhythm IN ('at_once', 'daily', 'weekly')", name=op.f("ck_alert_address_rhythm")
        ),
        sa.CheckConstraint("language IN ('en', 'zh-CN')", name=op.f("ck_alert_address_language")),
        sa.CheckConstraint(
            "hour BETWEEN 0 AND 23 AND weekday BETWEEN 0 AND 6", name=op.f("ck_alert_address_time")
        ),
        sa.PrimaryKeyConstraint("shop_id", "address_id", name=op.f("pk_alert_address")),
    )
    op.create_table(
        "alert_rule",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("address_id", sa.Integer(), nullable=False),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("at_least", sa.Numeric(19, 4), nullable=True),
        sa.Column("currency", AutoString(3), nullable=True),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("made_by", AutoString(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "(at_least IS NULL) = (currency IS NULL)", name=op.f("ck_alert_rule_amount")
        ),
        sa.CheckConstraint("days BETWEEN 0 AND 365", name=op.f("ck_alert_rule_days")),
        sa.ForeignKeyConstraint(
            ["shop_id", "address_id"],
            ["alert_address.shop_id", "alert_address.address_id"],
            name=op.f("fk_alert_rule_shop_id_address_id_alert_address"),
        ),
        sa.PrimaryKeyConstraint("shop_id", "rule_id", name=op.f("pk_alert_rule")),
    )
    op.create_table(
        "alert",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("alert_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("key", AutoString(), nullable=False),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("path", AutoString(), nullable=False),
        sa.Column("about", postgresql.JSONB(), nullable=False),
        sa.Column("noticed_at", UTCDateTime(), nullable=False),
        sa.Column("over_at", UTCDateTime(), nullable=True),
        sa.Column("told_at", UTCDateTime(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["shop_id", "rule_id"],
            ["alert_rule.shop_id", "alert_rule.rule_id"],
            name=op.f("fk_alert_shop_id_rule_id_alert_rule"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("shop_id", "alert_id", name=op.f("pk_alert")),
        sa.UniqueConstraint("shop_id", "rule_id", "key", name=op.f("uq_alert_shop_id_rule_id_key")),
    )
    op.create_index(
        "ix_alert_untold",
        "alert",
        ["shop_id", "rule_id"],
        postgresql_where=sa.text("told_at IS NULL"),
    )
    op.create_index("ix_alert_message", "alert", ["shop_id", "message_id"])
    protect(*TENANT_TABLES)


def downgrade() -> None:
    for table in reversed(TENANT_TABLES):
        op.drop_table(table)
