// What the server says of shipments to Amazon.
import type { ItemBrief, Place } from './types';

export type ShipmentState = 'draft' | 'waiting' | 'sent' | 'accepted' | 'failed' | 'cancelled';

export interface ShipmentSummary {
  identifier: string;
  region: string;
  state: ShipmentState;
  is_correcting: boolean;
  waits_for_a_person: boolean;
  ship_to: string;
  vendor_code: string;
  numbers: string[];
  location: Place;
  units: number;
  carton_count: number;
  pallet_count: number;
  departs_at: string | null;
  shipped_at: string | null;
  departed_at: string | null;
  seen_at: string | null;
  reminded_at: string | null;
  error: string | null;
}
export interface ShipmentLine {
  number: string;
  line: string;
  item: ItemBrief | null;
  asin: string | null;
  vendor_sku: string | null;
  units: number;
  booked: number;
  packed: number;
  open: number;
  held: number;
  case: number;
  carton_size: number | null;
  dated: boolean;
}
export interface Carton {
  carton: number;
  sscc: string | null;
  pallet: number | null;
  tracking_number: string | null;
  lines: {
    number: string;
    line: string;
    units: number;
    lot_number: string;
    expires_on: string | null;
  }[];
}
export interface Finding {
  rule: string;
  severity: 'block' | 'warn';
  field: string;
  value: string;
  expected: string;
  fix: string;
  source: string;
}
export interface TransportRequest {
  transaction_type: 'New' | 'Cancel';
  state: string;
  pickup_at: string;
  error: string | null;
  status: string | null;
  scheduled_pickup_at: string | null;
}
export interface Shipment extends ShipmentSummary {
  freight_term: 'Collect' | 'Prepaid';
  type: string | null;
  carrier_code: string | null;
  carrier_reference: string | null;
  bill_of_lading: string | null;
  amazon_reference: string | null;
  weight: string | null;
  weight_unit: string | null;
  estimated_delivery_at: string | null;
  expected_at: string | null;
  ship_from_known: boolean;
  has_prefix: boolean;
  may_be_changed: boolean;
  revision: number;
  accepted_at: string | null;
  sent_at: string | null;
  handed_over_how: 'hand' | 'file' | null;
  handed_over_by: string | null;
  message_id: number | null;
  lines: ShipmentLine[];
  cartons: Carton[];
  pallets: { pallet: number; sscc: string | null; carton_count: number }[];
  findings: Finding[];
  transport: TransportRequest | null;
  carrier_label_count: number;
}
export interface Address {
  warehouse_code: string | null;
  name: string;
  address_line: string;
  city: string;
  state_or_region: string | null;
  postal_code: string;
  country_code: string;
}
export interface ShippingSettings {
  gs1_company_prefix: string | null;
  places: { location: Place; ship_from: Address | null }[];
}
