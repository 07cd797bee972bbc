// A field as an operator knows it: lines[1].lot_number is "Line 2, Lot number".
import type { i18n as Words } from 'i18next';
import { useTranslation } from 'react-i18next';

/** The name of a field that the server points at. Brackets count from 0 in what was sent to it
    (`counted`); elsewhere they hold the name that the thing has: carton 3, a line of an order. */
export function useField(): (path: string, counted?: boolean) => string {
  const { i18n } = useTranslation();
  return (path, counted = false) => named(i18n, path, counted);
}

function named(words: Words, path: string, counted: boolean): string {
  // What is in brackets may hold points of its own.
  const parts = path.match(/[^.[\]]+(\[[^\]]*\])?/g) ?? [path];
  return parts
    .map((part) => {
      const [, name = part, which] = /^([^[]+)(?:\[(.*)\])?$/.exec(part) ?? [];
      const word = words.exists(`fieldNames.${name}`)
        ? words.t(`fieldNames.${name}`)
        : name.replaceAll('_', ' ');
      if (which === undefined) return word;
      const each = words.exists(`fieldEach.${name}`) ? `fieldEach.${name}` : 'fieldEach.any';
      return words.t(each, { name: word, which: counted ? Number(which) + 1 : which });
    })
    .join(' · ');
}
