// The match of each purchase order line from ordered to paid, as the server shows it.
import type { Money, UnknownCost } from './types';

export interface Step {
  units: number | null;
  amount: Money | null;
}

export const LINE_STEPS = ['ordered', 'acknowledged', 'shipped', 'received', 'invoiced'] as const;
export const MONEY_STEPS = [
  'paid',
  'discounts',
  'deducted',
  'recovered',
  'provision',
  'outstanding',
] as const;
export type Figure = (typeof LINE_STEPS)[number] | (typeof MONEY_STEPS)[number];

export const DISAGREEMENTS = [
  'over_shipped',
  'short_received',
  'over_received',
  'price_variance',
  'duplicate_invoice',
  'overbilled',
  'unbilled',
  'deducted',
  'unplaced',
  'unexplained',
  'underpaid',
  'unpaid_overdue',
] as const;

export interface MatchedLine extends Record<Figure, Step> {
  region: string;
  number: string;
  line: string;
  vendor_code: string;
  ordered_at: string;
  item: { id: number; sku: string; title: string; image_url: string | null } | null;
  asin: string | null;
  vendor_sku: string | null;
  tax: Money | null;
  is_shared: boolean;
  invoices: number;
  disagreement: string | null;
  cause: string | null;
  places: string[];
  cost_unknown: UnknownCost | null;
  looks_again_at: string | null;
  restated_at: string;
}

export interface MatchedPaper {
  figure: Figure;
  kind: 'version' | 'acknowledgement' | 'shipment' | 'receipt' | 'invoice' | 'remittance';
  reference: string;
  about: string | null;
  at: string;
  units: number | null;
  amount: Money | null;
  state: string | null;
  message_id: number | null;
}

export interface MatchedLineDetail extends MatchedLine {
  papers: MatchedPaper[];
}

export interface WaterfallStep {
  step: string;
  is_total: boolean;
  units: number;
  amount: Money | null;
  lines: number;
}

export interface CurrencyWaterfall {
  currency: string | null;
  lines: number;
  unpriced: number;
  unexplained: Money | null;
  unexplained_invoices: number;
  unplaced: Money | null;
  unplaced_invoices: number;
  steps: WaterfallStep[];
}

/** Received and not invoiced, of lines in one currency; `late`: longer ago than is usual. */
export interface NotInvoiced {
  currency: string | null;
  lines: number;
  units: number;
  amount: Money | null;
  since: string | null;
  late_lines: number;
  late_units: number;
  late_amount: Money | null;
}

export interface Waterfall {
  agrees: boolean;
  broken: string[];
  waits: boolean;
  disagreements: { disagreement: string; lines: number }[];
  not_invoiced: NotInvoiced[];
  data: CurrencyWaterfall[];
}

export interface MatchedInvoice {
  invoice_id: number;
  region: string;
  number: string;
  vendor_code: string;
  dated_at: string;
  due_at: string | null;
  total: Money;
  remitted: Money;
  paid: Money;
  quick_pay: Money;
  withheld: Money;
  shortage: Money;
  price: Money;
  chargeback: Money;
  other_deducted: Money;
  recovered: Money;
  unplaced_deducted: Money;
  unplaced_recovered: Money;
  provision: Money;
  open: Money;
  unexplained: Money;
  other_currency: boolean;
  state: string;
  last_paid_at: string | null;
}

export interface MatchPart {
  region: string;
  payment_id: string;
  position: number;
  reference: string;
  paid_at: string | null;
  paid: Money;
  invoice_id: number;
  invoice: string;
  amount: Money;
  stands: boolean;
}

export interface PaymentMatch {
  id: number;
  rule: 'same_number' | 'exact' | 'tolerance' | 'one_to_many' | 'many_to_one' | 'by_hand';
  state: 'suggested' | 'confirmed' | 'refused';
  difference: Money;
  stands: boolean;
  made_at: string;
  decided_at: string | null;
  decided_by: string | null;
  parts: MatchPart[];
}
