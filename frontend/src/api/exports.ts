// Tables that can be taken along: each is called like the list that its screen asks for.
import { download } from './client';

export type Format = 'csv' | 'xlsx';
type Query = Record<string, string | number | boolean | null | undefined>;

/** What a screen asked its list for. */
export interface Asked {
  path: string;
  query: Query;
}

const OF_ONE_ITEM = /^\/items\/(\d+)\/movements$/;

/** A table that can be exported. */
export interface ExportTable {
  name: string;
  filters: string[];
}

export interface Schedule {
  id: number;
  name: string;
  table: string;
  filters: Record<string, string>;
  format: string;
  rhythm: string;
  hour: number;
  weekday: number;
  day: number;
  address: string | null;
  address_id: number | null;
  making_since: string | null;
  rows_made: number | null;
  next_at: string;
  last_at: string | null;
  error: string | null;
}

export interface ExportedFile {
  file_id: number;
  schedule: string;
  name: string;
  format: string;
  size: number;
  made_at: string;
  message_id: number | null;
  mail_state: string | null;
  mail_error: string | null;
}

/** The address of the same rows as a file: all of them, with the screen's filters. */
export function exportAddress(asked: Asked, format: Format): string {
  const { table, search } = tableOf(asked);
  search.set('format', format);
  return `/exports/${table}?${search}`;
}

/** Where the same table with the same filters is made again and again. */
export function scheduleAddress(asked: Asked): string {
  const { table, search } = tableOf(asked);
  search.set('table', table);
  return `/exports?${search}`;
}

function tableOf({ path, query }: Asked) {
  const item = OF_ONE_ITEM.exec(path)?.[1];
  const table = item ? 'movements' : path.slice(1).replaceAll('/', '-');
  const { limit: _limit, ...filters } = item ? { ...query, item_id: item } : query;
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) {
    if (value !== null && value !== undefined && value !== '') search.set(name, String(value));
  }
  return { table, search };
}

export const saveTable = (asked: Asked, format: Format) => download(exportAddress(asked, format));
