// Disputes, as the server shows them.
import type { Deduction, Variance } from './deductions';
import type { Evidence } from './evidence';
import type { Money } from './types';

export const DISPUTE_STATES = [
  'draft',
  'filed',
  'repaid',
  'repaid_in_part',
  'denied',
  'withdrawn',
] as const;

export interface Clock {
  state: 'early' | 'open' | 'late' | 'closed';
  opens_at: string;
  advised_by: string | null;
  closes_at: string | null;
  by_paper: boolean;
  attempts: number;
  review_days: number;
  source: string;
  verified: boolean;
}

export interface WantedPaper {
  type: string;
  needed: boolean;
  present: boolean;
  holder: string;
}

export interface Attempt {
  dispute_id: number;
  attempt: number;
  state: (typeof DISPUTE_STATES)[number];
  amount: Money;
  recovered: Money;
  case_number: string | null;
  made_at: string;
  filed_at: string | null;
  answer_by: string | null;
  ended_at: string | null;
  outcome_by: string | null;
}

export interface Candidate {
  deduction: Deduction;
  clock: Clock | null;
  attempts_left: number;
  readiness: {
    score: number;
    is_complete: boolean;
    freight: string | null;
    papers: WantedPaper[];
    source: string;
    verified: boolean;
  };
  in_question: Money;
  expected: { share: string; amount: Money; ended: number; verified: boolean };
  next_action: string;
  attempts: Attempt[];
}

export interface Dispute extends Attempt {
  region: string;
  kind: string;
  reference: string;
  currency: string;
  closes_at: string | null;
}

export interface DisputeTotal {
  currency: string;
  state: Attempt['state'];
  disputes: number;
  amount: string;
  recovered: string;
}

export interface CarriedLine {
  shipments: string[];
  number: string;
  line: string;
  asin: string | null;
  vendor_sku: string | null;
  shipped: number;
  received: number;
  difference: number;
  billed: number;
}

export interface DisputeDetail extends Dispute {
  note: string;
  rule: string;
  can: ('change' | 'file' | 'deny' | 'withdraw')[];
  standing: Candidate;
  netting: {
    lines: CarriedLine[];
    short: number;
    explained: number;
    paid_elsewhere: number;
    to_claim: number;
  } | null;
  variances: Variance[];
  evidence: Evidence[];
  case_text: Record<string, string>;
  history: {
    at: string;
    by: string;
    event: string;
    case: string | null;
    recovered: string | null;
  }[];
  pack_sha256: string | null;
}

export interface Pack {
  pdf_bytes: number;
  zip_bytes: number;
  largest_bytes: number;
  most_files: number;
  verified: boolean;
  sha256: string;
  contents: {
    number: number;
    type: string;
    name: string;
    sha256: string;
    page: number | null;
    reason: string;
  }[];
  not_archived: string[];
}
