"""How a shipment is named in an address."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

Region = Literal["na", "eu", "fe"]
LARGEST = 2**31 - 1
PRINTABLE = r"^[!-~]+( [!-~]+)*$"


class ShipmentPath(BaseModel):
    identifier: str = Field(min_length=1, max_length=64)


class ShipmentQuery(BaseModel):
    region: Region | None = Field(
        default=None, description="Needed only where two regions share an identifier."
    )
