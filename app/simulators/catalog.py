"""The sample brand's catalogue, the same forty items in both simulators."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Decimal
from io import StringIO

BRAND = "Larkfield Outdoor"
VENDOR_CODE = "HLDFS"
CURRENCY = "USD"
LOCATIONS = ("Main warehouse", "East warehouse", "Store")
"""The order of `Item.stock`, and the order in which the store prefers to ship from them."""


@dataclass(frozen=True)
class Item:
    """One thing the brand sells. Money is in CURRENCY for one each; quantities are eaches."""

    sku: str
    product: str
    variant: str | None
    asin: str | None
    """None: not sold to Amazon."""
    barcode: str | None
    """UPC-A with a right check digit."""
    vendor_sku: str | None
    units_per_case: int
    cost: Decimal
    """What Amazon pays for one each."""
    price: Decimal
    stock: tuple[int, int, int]
    """Units free to sell at each of LOCATIONS when the sample begins."""
    tracked: bool = True
    sku_in_store: str | None = None
    """The store's own SKU; None for the one item whose SKU nobody ever filled in."""
    components: tuple[tuple[str, int], ...] = ()
    """A set without stock of its own: the SKUs and units it is made of."""

    @property
    def unit_cost(self) -> Decimal:
        """What one each costs the brand itself: six tenths of what Amazon pays."""
        return (self.cost * Decimal("0.6")).quantize(Decimal("0.01"))

    @property
    def title(self) -> str:
        """What a person calls it: product and variant."""
        return f"{self.product}, {self.variant}" if self.variant else self.product

    @property
    def is_scarce(self) -> bool:
        """Fewer units than one ordinary purchase order asks for: where the two rails collide."""
        return self.tracked and not self.components and 0 < sum(self.stock) <= 60


COLUMNS = (
    "sku", "product", "variant", "asin", "barcode", "vendor_sku", "units_per_case", "cost", "price",
    "main", "east", "store", "oddity",
)  # fmt: skip

ROWS = """\
TENT-2P-MOS|Ridgeline 2-person tent|Moss|B0N9GQZCD5|850042110102|HLDFS-1001|4|92.00|229.00|180|90|6|
TENT-2P-CLA|Ridgeline 2-person tent|Clay|B0WFPXC8VJ|850042110171|HLDFS-1002|4|92.00|229.00|12|4|2|
TENT-3P-MOS|Ridgeline 3-person tent|Moss|B0CDRRDKDW|850042110249|HLDFS-1003|2|128.00|319.00|96|40|3|
TARP-UL-3M|Ultralight tarp 3 × 3 m||B0RC5XF9KZ|850042110317|HLDFS-1004|12|31.00|84.00|240|120|10|
FOOT-2P|Tent footprint 2P||B0ZX9CXXQC|850042110386|HLDFS-1005|20|11.50|32.00|320|160|14|
PEG-8|Steel tent peg, pack of 8||B0KCW6GMRG|850042110454|HLDFS-1006|48|3.10|12.00|1900|900|60|
BAG-20-REG|Summit 20 °F down bag|Regular|B0WFXMW50H|850042110522|HLDFS-1007|4|88.00|239.00|120|60|5|
BAG-20-LNG|Summit 20 °F down bag|Long|B0FXXZJPFW|850042110591|HLDFS-1008|4|94.00|249.00|9|3|1|
BAG-40-REG|Meadow 40 °F sleeping bag|Regular|B01DXCYJT0|850042110669|HLDFS-1009|6|42.00|109.00|300|150|8|
PAD-CLD-REG|Cloudrest sleeping pad|Regular|B0WR3NSX8S|850042110737|HLDFS-1010|6|36.00|99.00|420|200|12|
PAD-CLD-WID|Cloudrest sleeping pad|Wide|B0PMK4H13K|850042110805|HLDFS-1011|6|41.00|119.00|260|110|8|
PILLOW-INF|Inflatable pillow||B0DXMVT7N2|850042110874|HLDFS-1012|24|6.20|24.00|700|320|25|
PACK-45-SLA|Trailhead 45 L backpack|Slate|B0SMYDFVRH|850042110942|HLDFS-1013|4|58.00|159.00|210|100|8|
PACK-45-RUS|Trailhead 45 L backpack|Rust|B03NG8TRC9|850042111017|HLDFS-1014|4|58.00|159.00|14|6|2|
PACK-65-SLA|Trailhead 65 L backpack|Slate|B00D3WX475|850042111086|HLDFS-1015|4|74.00|199.00|150|70|5|
PACK-22-NAV|Daybreak 22 L daypack|Navy|B0NN1PYTX4|850042111154|HLDFS-1016|12|22.00|68.00|500|240|20|
PACK-22-FER|Daybreak 22 L daypack|Fern|B0SD5D9LT1|850042111222|HLDFS-1017|12|22.00|68.00|380|180|18|
DRY-10|Roll-top dry bag 10 L||B00DC21MZX|850042111291|HLDFS-1018|24|6.80|22.00|880|400|30|
DRY-20|Roll-top dry bag 20 L||B005SM1Q70|850042111369|HLDFS-1019|24|8.40|28.00|640|300|24|
STOVE-EMB|Ember canister stove||B0PB9SPHYF|850042111437|HLDFS-1020|12|17.50|54.00|540|250|18|
STOVE-WND|Ember stove windscreen||B0TCJ3MG2K|850042111505|HLDFS-1021|24|4.10|16.00|600|280|20|
POT-TI-900|Titanium pot 900 ml||B0QQ86TDHS|850042111574|HLDFS-1022|12|21.00|62.00|260|130|9|
MUG-TI-450|Titanium mug 450 ml||B0QWL7G5R6|850042111642|HLDFS-1023|24|10.20|34.00|18|6|3|
SPOON-TI|Long-handled titanium spoon||B0WL1RP07Q|850042111710|HLDFS-1024|60|3.00|13.00|1500|700|50|
MUG-EN-CRE|Enamel camp mug|Cream|B09KGDHGK0|850042111789|HLDFS-1025|36|3.60|15.00|1200|500|45|
MUG-EN-SPR|Enamel camp mug|Spruce|B0KBT5XHLM|850042111857|HLDFS-1026|36|3.60|15.00|1100|480|45|
BOTL-750-STE|Insulated bottle 750 ml|Steel|B0BGRWPYXN|850042111925|HLDFS-1027|24|9.80|36.00|1600|800|40|
BOTL-750-BLK|Insulated bottle 750 ml|Black|B09G16V9YZ|850042111994|HLDFS-1028|24|9.80|36.00|1400|700|40|
BOTL-1L-STE|Insulated bottle 1 L|Steel|B002CS7639|850042112069|HLDFS-1029|12|11.90|42.00|760|360|22|
FILTER-SQZ|Squeeze water filter||B0604WQQQQ|850042112137|HLDFS-1030|24|13.20|42.00|30|8|4|
LAMP-HD-400|Beacon 400 headlamp||B0FTZQCJDJ|850042112205|HLDFS-1031|24|14.80|49.00|820|380|26|
LAMP-LAN|Lumen camp lantern||B0SHFNYCFB|850042112274|HLDFS-1032|8|16.50|58.00|340|160|12|
POLE-CRB|Carbon trekking poles, pair||B0XGWF9PYB|850042112342|HLDFS-1033|10|34.00|104.00|280|130|9|
SOCK-MER-M|Merino hiking socks|M|B0D6JYQGZL|850042112410|HLDFS-1034|48|5.40|21.00|1300|600|60|
SOCK-MER-L|Merino hiking socks|L|B09PYPTFF6|850042112489|HLDFS-1035|48|5.40|21.00|1250|580|60|
AID-TRAIL|First-aid kit, trail||B0TSTTMDGF|850042112557|HLDFS-1036|16|10.80|38.00|460|220|15|
REPAIR-KIT|Field repair kit||B02N2LT51H|850042112625|HLDFS-1037|30|4.90|19.00|560|260|20|
SET-OVERNIGHT|Overnight starter set|||850042112694||1|166.00|419.00|0|0|0|set
GIFT-WRAP|Gift wrapping|||||1|0.50|5.00|0|0|0|untracked
SWATCH|Sample fabric swatch|||||1|0.20|2.00|40|0|5|no-sku
"""

COMPONENTS = {"SET-OVERNIGHT": (("TENT-2P-MOS", 1), ("BAG-40-REG", 2), ("STOVE-EMB", 1))}


def _item(row: dict[str, str]) -> Item:
    sku, oddity = row["sku"], row["oddity"]
    return Item(
        sku=sku,
        product=row["product"],
        variant=row["variant"] or None,
        asin=row["asin"] or None,
        barcode=row["barcode"] or None,
        vendor_sku=row["vendor_sku"] or None,
        units_per_case=int(row["units_per_case"]),
        cost=Decimal(row["cost"]),
        price=Decimal(row["price"]),
        stock=(int(row["main"]), int(row["east"]), int(row["store"])),
        tracked=oddity != "untracked",
        sku_in_store=None if oddity == "no-sku" else sku,
        components=COMPONENTS.get(sku, ()),
    )


CATALOG: tuple[Item, ...] = tuple(
    _item(row) for row in csv.DictReader(StringIO(ROWS), fieldnames=COLUMNS, delimiter="|")
)

BY_SKU = {item.sku: item for item in CATALOG}
ON_AMAZON = tuple(item for item in CATALOG if item.asin)
"""The 37 items that Amazon may order."""
