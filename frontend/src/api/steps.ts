// The eight steps of vendor reconciliation, of one order and of all.
export const STEPS = [
  'ordered',
  'prepared',
  'announced',
  'received',
  'invoiced',
  'reviewed',
  'disputed',
  'paid',
] as const;
export type StepName = (typeof STEPS)[number];
export type StepState = 'done' | 'act' | 'wait' | 'late' | 'ahead' | 'none';

export interface StepPaper {
  kind:
    | 'acknowledgement'
    | 'shipment'
    | 'invoice'
    | 'deduction'
    | 'dispute'
    | 'remittance'
    | 'evidence';
  reference: string;
  about: string | null;
  at: string | null;
}

export interface OrderSteps {
  number: string;
  region: string;
  steps: {
    step: StepName;
    state: StepState;
    by: string | null;
    owner: string | null;
    papers: StepPaper[];
  }[];
}

export interface OrderAtStep {
  number: string;
  region: string;
  vendor_code: string;
  ship_to: string;
  ordered_at: string;
  step: StepName;
  state: StepState;
  by: string | null;
  owner: string | null;
}

export interface OrdersAtSteps {
  data: OrderAtStep[];
  next_cursor: string | null;
  counts: { step: StepName; orders: number; act: number; late: number }[];
  settled: number;
}
