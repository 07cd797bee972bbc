import { describe, expect, it } from 'vitest';
import { timeLeft } from './left';

const NOW = new Date('2026-11-29T08:00:00Z');
const left = (by: string) => timeLeft(new Date(by), NOW);

describe('time left', () => {
  it('says days, hours or minutes, and never more than there are', () => {
    expect(left('2026-12-02T07:59:00Z')).toMatchObject({ amount: 2, unit: 'day' });
    expect(left('2026-12-01T07:00:00Z')).toMatchObject({ amount: 47, unit: 'hour' });
    expect(left('2026-11-29T11:50:00Z')).toMatchObject({ amount: 3, unit: 'hour' });
    expect(left('2026-11-29T08:30:00Z')).toMatchObject({ amount: 30, unit: 'minute' });
  });

  it('counts what is over', () => {
    expect(left('2026-11-29T06:30:00Z')).toMatchObject({ amount: -2, unit: 'hour' });
  });

  it('grows urgent within a day, and more so within four hours', () => {
    expect(left('2026-12-01T08:00:00Z').tone).toBe('neutral');
    expect(left('2026-11-30T07:59:00Z').tone).toBe('warning');
    expect(left('2026-11-29T11:59:00Z').tone).toBe('critical');
    expect(left('2026-11-29T07:00:00Z').tone).toBe('critical');
  });
});
