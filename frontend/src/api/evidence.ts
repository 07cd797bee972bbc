// Papers that prove something, as the server shows them.
import { upload } from './client';

export const EVIDENCE_TYPES = [
  'bol',
  'pod',
  'packing_list',
  'asn',
  'weight_ticket',
  'photo',
  'purchase_order',
  'acknowledgement',
  'invoice',
  'appointment',
  'label',
  'other',
];

export interface Evidence {
  evidence_id: number;
  type: string;
  name: string;
  media_type: string;
  size: number;
  sha256: string;
  text: string;
  region: string | null;
  shipment: string | null;
  purchase_order: string | null;
  invoice_number: string | null;
  carrier_reference: string | null;
  is_own: boolean;
  added_at: string;
  added_by: string;
}

export interface About {
  type: string;
  region?: string;
  shipment?: string;
  order?: string;
  invoice?: string;
  carrier_reference?: string;
  note?: string;
}

export function bringEvidence(file: File, about: About): Promise<Evidence> {
  const said = Object.fromEntries(Object.entries(about).filter(([, value]) => value));
  return upload<Evidence>('/evidence', { ...said, name: file.name }, file);
}
