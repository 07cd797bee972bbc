"""The discrepancies that the match states, in the words of both languages."""

from __future__ import annotations

from app.inventory.kinds import Kind, register

OF_LINES = (
    Kind(
        "over_shipped",
        {"en": "Shipped more than ordered", "zh-CN": "发货多于订单"},
        {
            "en": "More units of a line have left than were ordered or confirmed.",
            "zh-CN": "某订单行的发货数量多于订购或确认的数量。",
        },
        group="stock",
    ),
    Kind(
        "short_received",
        {"en": "Received short", "zh-CN": "收货短少"},
        {
            "en": "Amazon has received fewer units of a line than have left.",
            "zh-CN": "亚马逊收到的数量少于已发出的数量。",
        },
        group="revenue",
    ),
    Kind(
        "over_received",
        {"en": "Received more than shipped", "zh-CN": "收货多于发货"},
        {
            "en": "Amazon has received more units of a line than have left.",
            "zh-CN": "亚马逊收到的数量多于已发出的数量。",
        },
        group="stock",
    ),
    Kind(
        "receipts_disagree",
        {"en": "Sources of a receipt differ", "zh-CN": "收货来源不一致"},
        {
            "en": "The order's status says that all was received; the invoice matched another number.",
            "zh-CN": "订单状态显示已全部收货，但发票匹配的数量不同。",
        },
        group="revenue",
    ),
    Kind(
        "price_variance",
        {"en": "Price differs", "zh-CN": "价格差异"},
        {
            "en": "An invoice states another cost than was agreed, or than the order where none was.",
            "zh-CN": "发票上的成本与约定成本（无约定时为采购订单）不同。",
        },
        group="revenue",
    ),
    Kind(
        "duplicate_invoice",
        {"en": "Invoiced twice", "zh-CN": "重复开票"},
        {
            "en": "A line stands on two invoices; without one of them it would be right.",
            "zh-CN": "同一订单行开在两张发票上，去掉其中一张即相符。",
        },
        group="revenue",
    ),
    Kind(
        "overbilled",
        {"en": "Invoiced too much", "zh-CN": "多开票"},
        {
            "en": "More units of a line were invoiced than were shipped or received.",
            "zh-CN": "开票数量多于发货或收货数量。",
        },
        group="revenue",
    ),
    Kind(
        "unbilled",
        {"en": "Not invoiced", "zh-CN": "未开票"},
        {
            "en": "Units that Amazon has received were not invoiced in time.",
            "zh-CN": "亚马逊已收货的数量未及时开票。",
        },
        group="revenue",
    ),
)
OF_INVOICES = (
    Kind(
        "unexplained",
        {"en": "Unexplained payment", "zh-CN": "无法解释的付款"},
        {
            "en": "An invoice was paid otherwise than any paper explains.",
            "zh-CN": "发票的付款金额没有任何单据可以解释。",
        },
        group="cash",
    ),
    Kind(
        "underpaid",
        {"en": "Paid too little", "zh-CN": "少付"},
        {
            "en": "A part of an invoice is past its due date and was not paid.",
            "zh-CN": "发票的一部分已过到期日仍未支付。",
        },
        group="cash",
    ),
    Kind(
        "unpaid_overdue",
        {"en": "Overdue", "zh-CN": "逾期未付"},
        {
            "en": "An invoice is past its due date and nothing of it was paid.",
            "zh-CN": "发票已过到期日且分文未付。",
        },
        group="cash",
    ),
)
CHANGED = Kind(
    "match_changed",
    {"en": "Confirmed match no longer holds", "zh-CN": "已确认的匹配不再成立"},
    {
        "en": "A payment that a person matched to invoices says otherwise by now, failed, or is"
        " gone. It does not count until it says the same again or the match is taken back.",
        "zh-CN": "已由人工匹配到发票的付款现已变更、失败或不复存在。"
        "在付款恢复原样或撤回匹配之前，该款项不计入。",
    },
    group="cash",
)
EVERY = (*OF_LINES, *OF_INVOICES, CHANGED)
register(*EVERY)
LINE_KINDS = frozenset(kind.name for kind in OF_LINES)
INVOICE_KINDS = frozenset(kind.name for kind in OF_INVOICES)
