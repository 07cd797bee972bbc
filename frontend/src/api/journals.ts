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

export interface JournalExport {
  export_id: number;
  software: string;
  currency: string;
  from_day: string;
  to_day: string;
  scope: 'all' | 'changes';
  entries: number;
  name: string;
  exported_at: string;
  exported_by: string;
}

export interface Journal {
  entries: number;
  debit: Money;
  credit: Money;
  parts: { part: string; account: string | null; debit: Money; credit: Money }[];
  missing: string[];
  newest: { number: string; day: string; kind: string; path: string; amount: Money }[];
  since: {
    exports: JournalExport[];
    same: number;
    new: number;
    changed: number;
    gone: number;
    changes: { number: string; what: 'new' | 'changed' | 'gone'; path: string; amount: Money }[];
  } | null;
}
