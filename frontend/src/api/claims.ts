// Claims as exports of Vendor Central show them.
import type { Money } from './types';

export const CLAIM_KINDS = ['chargeback', 'return', 'dispute'] as const;

export interface Claim {
  region: string;
  kind: (typeof CLAIM_KINDS)[number];
  number: string;
  part: string;
  import_id: number;
  invoice_number: string | null;
  purchase_order: string | null;
  asin: string | null;
  vendor_code: string | null;
  type: string | null;
  subtype: string | null;
  status: string | null;
  is_resolved: boolean;
  units: number | null;
  amount: Money | null;
  approved: Money | null;
  currency: string;
  notified_at: string | null;
  dispute_by: string | null;
  deduction_kind: string | null;
  deduction: string | null;
  dispute_id: number | null;
}
