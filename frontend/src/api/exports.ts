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

/** The address of the same rows as a file: all of them, with the screen's filters. */
export function exportAddress({ path, query }: Asked, format: Format): string {
  const item = OF_ONE_ITEM.exec(path)?.[1];
  const table = item ? 'movements' : path.slice(1).replaceAll('/', '-');
  const { limit: _limit, ...filters } = item ? { ...query, item_id: item } : query;
  const search = new URLSearchParams({ format });
  for (const [name, value] of Object.entries(filters)) {
    if (value !== null && value !== undefined && value !== '') search.set(name, String(value));
  }
  return `/exports/${table}?${search}`;
}

export const saveTable = (asked: Asked, format: Format) => download(exportAddress(asked, format));
