// How a report's period is written: days as Amazon's calendar has them, hours in the shop's own zone.
import { useTranslation } from 'react-i18next';
import type { Standing } from '../../api/reports';
import { useFormat } from '../../ui/format';

const DAY = 86_400_000;

export function usePeriod() {
  const { t } = useTranslation();
  const { date, time } = useFormat();
  return (period: Standing['period'], span: { starts_at: string; ends_at: string }) => {
    const last = new Date(Date.parse(span.ends_at) - DAY).toISOString();
    if (period === 'HOURS')
      return t('reports.span', { from: time(span.starts_at), to: time(span.ends_at) });
    if (period === 'WEEK') return t('reports.span', { from: date(span.starts_at), to: date(last) });
    return date(span.starts_at);
  };
}

/** Units that may be unknown, a forecast to the whole unit, and a span of Amazon's days. */
export function useReported() {
  const { t } = useTranslation();
  const { date, number } = useFormat();
  return {
    units: (value: number | null) => (value === null ? '–' : number(value)),
    rounded: (value: string | null) => (value === null ? '–' : number(Math.round(Number(value)))),
    week: (row: { starts_on: string; ends_on: string }) =>
      t('reports.span', { from: date(row.starts_on), to: date(row.ends_on) }),
  };
}

/** A column of units for each pair of a label and a field. */
export function useUnits<Row>() {
  const { t } = useTranslation();
  const { units } = useReported();
  return (pairs: readonly (readonly [string, keyof Row & string])[]) =>
    pairs.map(([label, field]) => ({
      key: field,
      label: t(`reports.${label}`),
      number: true,
      show: (row: Row) => units(row[field] as number | null),
    }));
}
