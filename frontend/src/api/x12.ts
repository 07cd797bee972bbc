// Our papers as EDI files: how each vendor code exchanges them, and what answered each.
export interface X12Partner {
  region: string;
  vendor_code: string;
  own_qualifier: string | null;
  own_id: string | null;
  own_group_id: string | null;
  partner_qualifier: string | null;
  partner_id: string | null;
  partner_group_id: string | null;
  version: string | null;
  element_separator: string | null;
  component_separator: string | null;
  segment_separator: string | null;
  is_test: boolean | null;
  changed_at: string | null;
  changed_by: string | null;
}
export interface X12Numbers {
  own: string;
  partner: string;
  used: number;
  next_number: number;
  gaps: { first: number; last: number }[];
}
export interface X12Partners {
  partners: X12Partner[];
  numbers: X12Numbers[];
}
export interface X12File {
  file_id: number;
  type: '855' | '856' | '810' | '997';
  region: string;
  reference: string;
  title: string;
  revision: number;
  own: string;
  partner: string;
  number: number;
  written_at: string;
  written_by: string;
  verdict: 'accepted' | 'with_errors' | 'rejected' | null;
  verdict_at: string | null;
  verdict_import_id: number | null;
  errors: {
    segment: string;
    place: number;
    element: number;
    code: string;
    value: string;
    written: string;
  }[];
}
