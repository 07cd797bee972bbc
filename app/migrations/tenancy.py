"""Row-level security on a tenant's table, and rights for the role a superuser steps down to."""

from __future__ import annotations

from alembic import op

from app.db import APPLICATION_ROLE

CREATE_ROLE = f"""
DO $$
BEGIN
    -- Only a connection that walks through row-level security has to step down to this role.
    IF (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user) THEN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APPLICATION_ROLE}') THEN
            CREATE ROLE {APPLICATION_ROLE} NOLOGIN;
        END IF;
        GRANT USAGE ON SCHEMA public TO {APPLICATION_ROLE};
        ALTER DEFAULT PRIVILEGES IN SCHEMA public
            GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APPLICATION_ROLE};
        ALTER DEFAULT PRIVILEGES IN SCHEMA public
            GRANT USAGE, SELECT ON SEQUENCES TO {APPLICATION_ROLE};
    END IF;
END
$$
"""


def prepare_role() -> None:
    """Makes the role a superuser's transactions step down to, with rights on all later tables."""
    op.execute(CREATE_ROLE)


def protect(*tables: str) -> None:
    """Hides every row of another shop, from the owner of the table too."""
    for table in tables:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY one_shop ON {table} USING (shop_id ="
            " (SELECT NULLIF(current_setting('holdfast.shop_id', true), '')::integer))"
        )
