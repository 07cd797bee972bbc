// A list's filters live in the address, so that a screen can be linked to as it stands.
import { useSearchParams } from 'react-router';

/** The filters by name (empty when unset), and a way to change them; null or '' takes one away. */
export function useFilters<Name extends string>(names: readonly Name[]) {
  const [search, setSearch] = useSearchParams();
  const filters = Object.fromEntries(names.map((name) => [name, search.get(name) ?? ''])) as Record<
    Name,
    string
  >;
  const change = (values: Partial<Record<Name, string | null>>) =>
    setSearch(
      (before) => {
        for (const [name, value] of Object.entries<string | null | undefined>(values)) {
          if (value) before.set(name, value);
          else before.delete(name);
        }
        return before;
      },
      { replace: true },
    );
  return [filters, change] as const;
}
