// Agreed costs on the wire.
import type { Money } from './types';

export interface AgreedCost {
  agreed_cost_id: number;
  region: string;
  vendor_code: string;
  asin: string;
  item_id: number | null;
  sku: string | null;
  title: string | null;
  cost: Money;
  starts_on: string;
  ends_on: string | null;
  made_at: string;
  made_by: string;
  import_id: number | null;
  withdrawn_at: string | null;
  withdrawn_by: string | null;
  replaced_by: number | null;
  order_number: string | null;
  order_cost: Money | null;
  differs: boolean;
}
