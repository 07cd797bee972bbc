// A file as the server shows it: what it would do, and what became of it.
import { upload } from './client';
import type { Money } from './types';

export interface FileImport {
  import_id: number;
  kind: string;
  name: string;
  size: number;
  state: 'preview' | 'applying' | 'applied' | 'undoing' | 'undone' | 'discarded';
  total: number;
  done: number;
  faults: number;
  outcome: Partial<Record<Became, number>> & {
    taken_back?: number;
    kept?: { number: string; because: string }[];
  };
  made_at: string;
  made_by: string;
  applied_at: string | null;
  applied_by: string | null;
  undone_at: string | null;
  undone_by: string | null;
}

export type Became =
  | 'new'
  | 'changed'
  | 'same'
  | 'as_amazon'
  | 'differs'
  | 'unknown'
  | 'witness'
  | 'disagrees'
  | 'accepted'
  | 'with_errors'
  | 'rejected';

export interface Fault {
  row: number;
  column: string;
  code: string;
  value: string;
  hint: string;
  field: string;
}

export interface FilePaper {
  number: string;
  row: number;
  became: Became;
  lines: number;
  units: number;
  amount: Money | null;
  differences: { line: string; field: string; before: string | null; stated: string | null }[];
}

export interface FilePreview {
  file: FileImport;
  choices: {
    region: string;
    currency: string;
    date_order: string | null;
    decimal_mark: string | null;
    encoding: string | null;
    sheet: string | null;
  };
  fields: { name: string; required: boolean }[];
  heading_row: number;
  headings: string[];
  columns: Record<string, string>;
  samples: string[][];
  sheets: string[];
  encodings: string[];
  rows: number;
  faults: Fault[];
  papers: FilePaper[];
  same_as: number | null;
  is_x12: boolean;
  can_undo: boolean;
}

export function bring(file: File, kind: string, region: string): Promise<FilePreview> {
  return upload<FilePreview>('/file-imports', { kind, region, name: file.name }, file);
}
