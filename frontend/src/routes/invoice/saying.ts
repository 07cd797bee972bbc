// A draft as the server takes it: all that it says, with what is changed.
import type { Invoice, InvoiceLine } from '../../api/types';

export interface SaidLine {
  units?: string;
  cost?: string;
  hsn?: string;
  percent?: string;
}
export interface SaidCharge {
  type: string;
  amount: string;
  description: string | null;
}

export const keyOf = (line: InvoiceLine) => `${line.number} ${line.line}`;

/** A part of one as percent, without the traces of binary fractions. */
export const percentOf = (rate: string | null) =>
  rate === null ? '' : `${Number((Number(rate) * 100).toFixed(4))}`;

export function saying(
  paper: Invoice,
  typed: Record<string, SaidLine> = {},
  head: { charges?: SaidCharge[]; reference_number?: string | null } = {},
) {
  return {
    dated_at: paper.dated_at,
    reference_number: paper.reference_number,
    ...head,
    lines: paper.lines
      .map((line) => {
        const said = typed[keyOf(line)] ?? {};
        const percent = said.percent ?? percentOf(line.said_tax_rate);
        return {
          number: line.number,
          line: line.line,
          units: Number(said.units ?? line.units),
          cost: (said.cost ?? line.cost?.amount) || null,
          hsn_code: (said.hsn ?? line.hsn_code) || null,
          tax_rate: percent === '' ? null : (Number(percent) / 100).toFixed(6),
        };
      })
      .filter((line) => line.units > 0),
  };
}
