"""The rules in force are the newest version; every version stays, with who made it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Integer
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from app.db import Table


class AnswerRules(Table, table=True):
    """All rules of a shop as they were left by one person."""

    __tablename__ = "answer_rules"

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    version: int = Field(primary_key=True, sa_type=Integer)
    made_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    made_by: str
    rules: list[dict[str, Any]] = Field(sa_type=JSONB)
