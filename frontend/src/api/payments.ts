// What Amazon has paid, as the server shows it.
import type { Money } from './types';

export interface Remittance {
  region: string;
  payment_id: string;
  number: string | null;
  status: 'IN_PROGRESS' | 'SUCCESSFUL' | 'FAILED';
  paid_at: string;
  amount: Money;
  invoice_amount: Money | null;
  exchange_rate: string | null;
  method: string | null;
  lines: number;
  stated_lines: number | null;
  adds_up: boolean;
  difference: Money | null;
  read_at: string;
  message_id: number | null;
  source: 'api' | 'file' | 'edi';
  import_id: number | null;
  disagrees: boolean;
  payees: string[];
  payee_how: 'said' | 'stated' | 'invoices' | 'only_one' | null;
}

export interface Witness {
  source: Remittance['source'];
  import_id: number;
  file: string;
  stated_at: string;
  differences: { line: string; field: string; counted: string | null; witness: string | null }[];
}

export interface RemittanceReading {
  connection_id: number;
  marketplace_id: string;
  read_to: string;
  tried_at: string;
  error: string | null;
}

export interface RemittanceLine {
  position: number;
  reference: string;
  invoice_number: string;
  invoice_id: number | null;
  kind: string;
  description: string | null;
  terms: string | null;
  invoiced_at: string | null;
  total: Money | null;
  paid: Money;
  discount: Money | null;
  withheld: Money | null;
}

export interface RemittanceDetail extends Remittance {
  vendor_codes: string[];
  payee_codes: string[];
  known_payees: string[];
  by_kind: { kind: string; lines: number; paid: Money }[];
  witnesses: Witness[];
  data: RemittanceLine[];
}

export interface InvoicePayment {
  region: string;
  payment_id: string;
  number: string | null;
  status: Remittance['status'];
  paid_at: string;
  reference: string;
  kind: string;
  paid: Money;
  discount: Money | null;
}
