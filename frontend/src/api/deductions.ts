// What Amazon has taken off, as the server shows it.
import type { Clock } from './disputes';
import type { Evidence } from './evidence';
import type { Money } from './types';

export const DEDUCTION_KINDS = [
  'shortage_claim',
  'price_claim',
  'chargeback',
  'co_op',
  'return',
  'price_protection',
  'provision',
  'quick_pay',
  'withholding',
  'unknown',
];

export interface Deduction {
  region: string;
  kind: string;
  reference: string;
  is_timing: boolean;
  state: 'open' | 'recovered' | 'repaid_more';
  invoice_number: string | null;
  invoice_id: number | null;
  purchase_order: string | null;
  line: string | null;
  cause: string | null;
  told_by: 'amazon' | 'books' | null;
  units: number | null;
  taken: Money;
  recovered: Money;
  open: Money;
  first_at: string;
  last_at: string;
  notified_at: string | null;
  dispute_by: string | null;
  clock: Clock | null;
}

export interface DeductionTotal {
  kind: string;
  is_timing: boolean;
  deductions: number;
  still_open: number;
  taken: Money;
  recovered: Money;
  open: Money;
}

export interface DeductionStep {
  at: string;
  reference: string;
  description: string | null;
  amount: Money;
  told_by: 'number' | 'words' | 'amount' | null;
  payment_id: string;
  payment: string | null;
  position: number;
  message_id: number | null;
}

export interface Variance {
  purchase_order: string;
  line: string;
  asin: string | null;
  units: number;
  matched_units: number | null;
  type: string;
  causes: string[];
}

export interface DeductionDetail extends Deduction {
  steps: DeductionStep[];
  variances: Variance[];
  others: Deduction[];
  evidence: Evidence[];
}

/** The address of one deduction's screen, and of the server's answer for it. */
export function addressOf(one: {
  region: string;
  kind: string;
  reference: string;
  taken: Money;
}): string {
  const reference = one.reference.split('/').map(encodeURIComponent).join('/');
  return `/deductions/${one.region}/${one.kind}/${one.taken.currency}/${reference}`;
}
