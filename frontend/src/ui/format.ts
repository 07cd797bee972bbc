// Numbers, times and money in the person's language and the shop's time zone.
import { useTranslation } from 'react-i18next';
import { useSession } from '../shell/session';
import { dayZone, fromInput, toInput } from './zone';

export function useFormat() {
  const { i18n } = useTranslation();
  const zone = useSession()?.shop.time_zone ?? 'UTC';
  const numbers = new Intl.NumberFormat(i18n.language);
  const times = new Intl.DateTimeFormat(i18n.language, {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone: zone,
  });
  const days = new Intl.DateTimeFormat(i18n.language, {
    month: 'short',
    day: 'numeric',
    timeZone: zone,
  });
  const money = (value: { amount: string; currency: string } | null, decimals?: number) =>
    value
      ? new Intl.NumberFormat(i18n.language, {
          style: 'currency',
          currency: value.currency,
          ...(decimals && { maximumFractionDigits: decimals }),
        }).format(Number(value.amount))
      : '–';
  const dates = (value: string) =>
    new Intl.DateTimeFormat(i18n.language, {
      dateStyle: 'medium',
      timeZone: dayZone(value, zone),
    }).format(new Date(value));
  return {
    date: (value: string | null) => (value ? dates(value) : '–'),
    // The shop's own day, as 2026-11-24.
    dayOf: (moment: string) => toInput(moment, zone).slice(0, 10),
    toInput: (moment: string) => toInput(moment, zone),
    fromInput: (text: string) => fromInput(text, zone),
    number: (value: number) => numbers.format(value),
    time: (value: string | null) => (value ? times.format(new Date(value)) : '–'),
    day: (value: string | null) => (value ? days.format(new Date(value)) : '–'),
    money: (value: { amount: string; currency: string } | null) => money(value),
    // What one unit costs: Amazon's costs have up to four decimals.
    cost: (value: { amount: string; currency: string } | null) => money(value, 4),
  };
}
