// What Amazon owes, as the server shows it.
import type { Money } from './types';

export const BUCKETS = [
  'not_due',
  'days_1_30',
  'days_31_60',
  'days_61_90',
  'over_90',
  'no_due_date',
] as const;
export type Bucket = (typeof BUCKETS)[number];

interface Part {
  open: Money;
  held_back: Money;
  invoices: number;
}

export interface Rate {
  base: string;
  quote: string;
  rate: string;
  day: string;
  source: string;
  region: string | null;
  payment_id: string | null;
}

export interface Standing {
  currency: string;
  open: Money;
  overdue: Money;
  ageing: (Part & { bucket: Bucket })[];
  weeks: (Part & { begins_on: string; expected: Money })[];
  rate: Rate | null;
  converted: Money | null;
}

export interface CashFigures {
  data: Standing[];
  in_all: Money | null;
  without_rate: string[];
  unsettled_after_days: number | null;
}

export interface OpenInvoice {
  invoice_id: number;
  number: string;
  vendor_code: string;
  due_at: string | null;
  days_late: number | null;
  bucket: Bucket;
  total: Money;
  open: Money;
  held_back: Money;
}

export interface Bridge {
  currency: string;
  invoices: number;
  invoiced: Money;
  steps: { step: string; amount: Money; invoices: number }[];
  paid: Money;
}
