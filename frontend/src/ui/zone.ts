// A date-time field speaks in the shop's zone, whatever zone the person's browser is in.

/** What a date-time field shows for a moment: `2026-11-23T09:05` in the zone. */
export function toInput(moment: string, zone: string): string {
  return new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'short',
  })
    .format(new Date(moment))
    .replace(' ', 'T');
}

/** The moment that a date-time field means. */
export function fromInput(text: string, zone: string): string {
  const wanted = Date.parse(`${text}Z`);
  let moment = wanted;
  // The zone's offset depends on the moment sought; around a clock change the second look corrects.
  for (let look = 0; look < 2; look += 1)
    moment += wanted - Date.parse(`${toInput(new Date(moment).toISOString(), zone)}Z`);
  return new Date(moment).toISOString();
}

/** The zone whose day is meant: a day without a time is the same everywhere, a moment is on the shop's. */
export function dayZone(value: string, zone: string): string {
  return value.includes('T') ? zone : 'UTC';
}
