import { expect, test } from 'vitest';
import { dayZone, fromInput, toInput } from './zone';

test.each([
  ['2026-11-23T09:05', 'America/Los_Angeles', '2026-11-23T17:05:00.000Z'],
  ['2026-07-01T00:00', 'America/Los_Angeles', '2026-07-01T07:00:00.000Z'],
  ['2026-11-01T12:00', 'America/Los_Angeles', '2026-11-01T20:00:00.000Z'],
  ['2026-11-23T09:05', 'Asia/Shanghai', '2026-11-23T01:05:00.000Z'],
  ['2026-11-23T09:05', 'UTC', '2026-11-23T09:05:00.000Z'],
])('%s in %s is %s, and back', (text, zone, moment) => {
  expect(fromInput(text, zone)).toBe(moment);
  expect(toInput(moment, zone)).toBe(text);
});

test.each([
  ['2026-12-15T04:29:17.062000Z', 'America/Los_Angeles', '2026-12-14'],
  ['2026-12-15', 'America/Los_Angeles', '2026-12-15'],
  ['2026-12-15T20:00:00Z', 'Asia/Shanghai', '2026-12-16'],
  ['2026-12-15', 'Asia/Shanghai', '2026-12-15'],
])('%s is shown in %s as the day %s', (value, zone, day) => {
  const timeZone = dayZone(value, zone);
  expect(new Intl.DateTimeFormat('sv-SE', { timeZone }).format(new Date(value))).toBe(day);
});
