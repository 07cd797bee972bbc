"""Bank statements in the three forms that banks give them in."""

from __future__ import annotations

from collections.abc import Sequence

CAMT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-09-20T06:00:00</CreDtTm></GrpHdr>
<Stmt><Id>S1</Id><Acct><Id><IBAN>DE89370400440532013000</IBAN></Id>
<Ownr><Nm>North Trail Gear GmbH</Nm></Ownr></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">1000.00</Amt>
<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-09-19</Dt></Dt></Bal>
{entries}
</Stmt></BkToCstmrStmt></Document>
"""
ENTRY = """<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts><Cd>{status}</Cd></Sts>
<BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt><AcctSvcrRef>{bank}</AcctSvcrRef>
<NtryDtls><TxDtls><Refs><EndToEndId>{end}</EndToEndId></Refs>
<RltdPties><Dbtr><Pty><Nm>{payer}</Nm></Pty></Dbtr></RltdPties>
<RmtInf><Ustrd>{said}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
"""
MT940 = """:20:STARTUMS
:25:37040044/532013000
:28C:00195/1
:60F:C260919EUR1000,00
{entries}:62F:C260920EUR2420,20
-
"""


def camt(*entries: Sequence[str], extra: str = "") -> bytes:
    """Entries: payer, amount, end-to-end reference, text."""
    made = [
        ENTRY.format(
            payer=payer,
            amount=amount,
            end=end,
            said=said,
            side="CRDT",
            status="BOOK",
            day="2026-09-20",
            bank=f"BANK{place}",
        )
        for place, (payer, amount, end, said) in enumerate(entries, start=1)
    ]
    return CAMT.format(entries="".join(made) + extra).encode()


def mt940(*entries: Sequence[str]) -> bytes:
    """Entries: payer, amount with a comma, end-to-end reference, text; German structured fields."""
    made = [
        f":61:2609200920C{amount}NTRFNONREF//BANK{place}\n"
        f":86:166?00GUTSCHRIFT?20EREF+{end}?21SVWZ+{said}?30DEUTDEFF?31DE0012\n?32{payer}\n"
        for place, (payer, amount, end, said) in enumerate(entries, start=1)
    ]
    return MT940.format(entries="".join(made)).encode()


def table(*entries: Sequence[str]) -> bytes:
    """A German bank's CSV: payer, amount with a comma, end-to-end reference, text."""
    rows = [f'20.09.2026;20.09.2026;{p};"{s}";{e};{a};EUR' for p, a, e, s in entries]
    head = (
        "Buchungstag;Valuta;Name Zahlungsbeteiligter;Verwendungszweck;"
        "Kundenreferenz (End-to-End);Betrag;Währung"
    )
    title = "Konto DE89370400440532013000 Erika Mustermann"
    return "\n".join([title, head, *rows]).encode("windows-1252")
