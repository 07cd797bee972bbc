// Lines of bank statements, as the server shows them.
import type { Money } from './types';

export interface TiedPayment {
  region: string;
  payment_id: string;
  number: string | null;
  paid_at: string | null;
  amount: Money | null;
  why: 'reference' | 'amount' | 'confirmed';
}

export interface BankLine {
  bank_line_id: number;
  booked_on: string;
  valued_on: string | null;
  amount: Money;
  bank_reference: string | null;
  end_to_end: string | null;
  named_numbers: string[];
  import_id: number;
  state: 'open' | 'reference' | 'confirmed' | 'set_aside';
  payment: TiedPayment | null;
  suggestions: TiedPayment[];
  by: string | null;
  at: string | null;
}

export const LINE_STATES = ['all', 'open', 'tied', 'set_aside'] as const;
