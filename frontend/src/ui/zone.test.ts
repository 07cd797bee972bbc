import { expect, test } from 'vitest';
import { fromInput, toInput } from './zone';

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
