// Audits of discounts and co-op charges, as the server shows them.
import type { Deduction } from './deductions';
import type { Money } from './types';

export const PURPOSES = [
  'damage_allowance',
  'freight_allowance',
  'marketing',
  'volume',
  'other',
] as const;
export const BASES = ['receipts', 'net_receipts', 'invoiced', 'net_sales', 'fixed'] as const;
export const PERIODS = ['month', 'quarter', 'year'] as const;

export interface Agreement {
  agreement_id: number;
  region: string;
  vendor_code: string | null;
  number: string;
  name: string;
  purpose: string;
  base: string;
  rate: string | null;
  amount: Money | null;
  currency: string;
  period: string;
  funding: string;
  starts_on: string;
  ends_on: string | null;
  changed_at: string;
  changed_by: string;
}

export interface Charge {
  deduction: Deduction;
  verdict: 'agreed' | 'over' | 'under' | 'no_agreement' | 'cost_unknown';
  agreement_id: number | null;
  agreement: string | null;
  confirmed: boolean;
  from_day: string | null;
  to_day: string | null;
  units: number | null;
  base: Money | null;
  expected: Money | null;
  charged: Money;
  over: Money | null;
}

export interface Discount {
  deduction: Deduction;
  verdict: 'earned' | 'late' | 'too_much' | 'no_terms';
  percent: string | null;
  days: number | null;
  told_by: string | null;
  invoiced_at: string | null;
  last_day: string | null;
  paid_at: string;
  gross: Money;
  claimed: Money;
  earned: Money;
  taken: Money;
  wrong: Money;
}

export interface Wrong {
  kind: string;
  deductions: number;
  amount: Money;
}
