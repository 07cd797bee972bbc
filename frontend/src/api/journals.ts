// Journals: entries for the shop's own books of account.
import type { Money } from './types';

export interface JournalAccount {
  part: string;
  account: string | null;
  tax_rate: string | null;
}

export interface JournalSettings {
  accounts: JournalAccount[];
  customer: string;
  journal: string;
  tax_rate: string;
  currencies: string[];
}

export interface Journal {
  entries: number;
  debit: Money;
  credit: Money;
  parts: { part: string; account: string | null; debit: Money; credit: Money }[];
  missing: string[];
  newest: { number: string; day: string; kind: string; path: string; amount: Money }[];
}
