// What the screens ask for, each by its address; live ones are asked again every few seconds.
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { get } from './client';
import type { Page } from './types';

const LIVE = 5000;

type Query = Record<string, string | number | boolean | null | undefined>;

/** One resource; `live` asks again every five seconds. */
export function useResource<Answer>(path: string, query: Query = {}, live = false) {
  return useQuery({
    queryKey: [path, query],
    queryFn: () => get<Answer>(path, query),
    refetchInterval: live ? LIVE : false,
    placeholderData: (before) => before,
  });
}

/** A list that grows page by page, and what was asked for, to take all of it along. */
export function usePages<Row>(path: string, query: Query = {}, live = false) {
  const pages = useInfiniteQuery({
    queryKey: [path, query, 'pages'],
    queryFn: ({ pageParam }) => get<Page<Row>>(path, { ...query, cursor: pageParam }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    refetchInterval: live ? LIVE : false,
  });
  return { ...pages, asked: { path, query } };
}
