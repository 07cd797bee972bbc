// The shapes of the queue of discrepancies.
import type { ItemBrief, Money, Place, State } from './types';

export const STATUSES = [
  'open',
  'in_progress',
  'left',
  'adopted',
  'written_off',
  'closed',
] as const;
export type Status = (typeof STATUSES)[number];

export type Words = Record<string, string>;

export interface Subject {
  region?: string;
  number?: string;
  line?: string;
  invoice?: string;
  invoice_id?: number;
  payment?: string;
  payment_id?: string;
  payment_number?: string | null;
  match?: number;
  shipment?: string;
  item?: number;
  vendor_code?: string;
  deduction?: string;
  reference?: string;
  currency?: string;
  field?: string;
  counted?: string | null;
  witness?: string | null;
  [other: string]: unknown;
}

export interface DiscrepancyEvent {
  at: string;
  event: string;
  by: string | null;
  ours: number | null;
  theirs: number | null;
  units: number | null;
  amount: string | null;
  currency: string | null;
  cause: string | null;
  owner: string | null;
  reason: string | null;
}

export interface Discrepancy {
  id: number;
  kind: string;
  words: Words;
  reference: string | null;
  subject: Subject;
  cause: string | null;
  deadline: string | null;
  item: ItemBrief | null;
  location: Place | null;
  state: State | null;
  ours: number | null;
  theirs: number | null;
  difference: number | null;
  value: Money | null;
  status: Status;
  explanation: 'ours' | 'order' | 'app' | 'person' | 'unknown' | null;
  explained_by: string | null;
  evidence: {
    at: string | null;
    app: string | null;
    person: string | null;
    reason: string | null;
    units: number;
    reference: string | null;
  }[];
  owner: string | null;
  note: string | null;
  first_seen_at: string;
  opened_at: string | null;
  ended_at: string | null;
  ended_by: string | null;
  history: DiscrepancyEvent[];
  tasks: number;
  tasks_done: number;
}

export interface DiscrepancyDetail extends Discrepancy {
  meaning: Words;
  comments: { id: number; text: string; by: string; at: string }[];
  todo: {
    id: number;
    title: string;
    owner: string | null;
    due_on: string | null;
    added_by: string;
    done_by: string | null;
    done_at: string | null;
  }[];
  attachments: {
    evidence_id: number;
    name: string;
    type: string;
    size: number;
    by: string;
    at: string;
  }[];
  write_offs: {
    amount: Money;
    reason: string;
    by: string;
    at: string;
    ended_at: string | null;
    ended_because: string | null;
  }[];
}

export interface Sum {
  currency: string;
  count: number;
  owed: Money;
  in_favour: Money;
}
export interface Kind {
  kind: string;
  words: Words;
  meaning: Words;
}
export interface Summary {
  count: number;
  unowned: number;
  overdue: number;
  due_soon: number;
  ages: Record<'week' | 'month' | 'quarter' | 'older', number>;
  statuses: Partial<Record<Status, number>>;
  sums: Sum[];
  kinds: (Kind & { count: number; sums: Sum[] })[];
  owners: string[];
}

export interface Rule {
  kind: string | null;
  vendor_code: string | null;
  at_least: Money | null;
  owner: string;
}
export interface Rules {
  rules: Rule[];
  kinds: Kind[];
  given: number;
}

export interface BulkAnswer {
  done: number[];
  refused: { id: number; code: string; detail: string }[];
}
