// How the fields of a policy are written and read.
import type { TFunction } from 'i18next';
import type { Terms } from '../../api/types';

export const FIELDS = [
  'safety_stock',
  'amazon_share',
  'amazon_ceiling',
  'precedence',
  'take_back',
  'whole_cases',
] as const satisfies (keyof Terms)[];
export const NUMBERS = ['safety_stock', 'amazon_share', 'amazon_ceiling'] as const;
export const PRECEDENCES = ['dtc', 'amazon', 'earliest_due'] as const;

/** The fields as a form holds them: everything is text, and empty says nothing. */
export type Written = Record<keyof Terms, string>;

export function written(terms: Terms | null): Written {
  return Object.fromEntries(
    FIELDS.map((field) => [field, terms?.[field] == null ? '' : String(terms[field])]),
  ) as Written;
}

export function read(form: Written): Terms {
  const number = (text: string) => (text.trim() === '' ? null : Number(text));
  const yes = (text: string) => (text === '' ? null : text === 'true');
  return {
    safety_stock: number(form.safety_stock),
    amazon_share: number(form.amazon_share),
    amazon_ceiling: number(form.amazon_ceiling),
    precedence: form.precedence || null,
    take_back: yes(form.take_back),
    whole_cases: yes(form.whole_cases),
  };
}

export function isWrong(field: (typeof NUMBERS)[number], text: string): boolean {
  const value = Number(text);
  const most = field === 'amazon_share' ? 100 : 1_000_000;
  return text.trim() !== '' && !(Number.isInteger(value) && value >= 0 && value <= most);
}

export function shown(t: TFunction, field: keyof Terms, value: unknown): string {
  if (value === null || value === undefined) return t('policies.unlimited');
  if (typeof value === 'boolean') return t(value ? 'policies.yes' : 'policies.no');
  if (field === 'precedence') return t(`policies.precedences.${String(value)}`);
  if (field === 'amazon_share') return `${String(value)} %`;
  return String(value);
}

/** All that a policy says, in one line. */
export function summary(t: TFunction, terms: Partial<Record<string, unknown>> | null): string {
  const said = FIELDS.filter((field) => terms?.[field] != null).map(
    (field) => `${t(`policies.fields.${field}`)} ${shown(t, field, terms?.[field])}`,
  );
  return said.join(', ') || t('policies.nothing');
}
