"""How a shipment is named in an address."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

Region = Literal["na", "eu", "fe"]
LARGEST = 2**31 - 1
PRINTABLE = r"^[!-~]+( [!-~]+)*$"


class ShipmentPath(BaseModel):
    """The identifier that Amazon knows a shipment by."""

    identifier: str = Field(min_length=1, max_length=64)


class ShipmentQuery(BaseModel):
    """Which shipment of that identifier is meant."""

    region: Region | None = Field(
        default=None, description="Needed only where two regions share an identifier."
    )
