// How much time is left until a moment, in the unit a person would say, and how urgent that is.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export function timeLeft(by: Date, now: Date) {
  const left = by.getTime() - now.getTime();
  const [size, unit] =
    Math.abs(left) >= 2 * DAY
      ? ([DAY, 'day'] as const)
      : Math.abs(left) >= HOUR
        ? ([HOUR, 'hour'] as const)
        : ([MINUTE, 'minute'] as const);
  const tone = left < 4 * HOUR ? 'critical' : left < DAY ? 'warning' : 'neutral';
  // Rounded towards the deadline: whoever has 3 hours 50 minutes is told 3 hours.
  return {
    amount: left < 0 ? Math.floor(left / size) : Math.trunc(left / size),
    unit,
    tone,
  } as const;
}
