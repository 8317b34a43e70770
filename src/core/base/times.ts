// Times in trees, pages, logs and sentences: this machine's clock, 24 hours, the date in ISO form.
// Unix times are in seconds; an invalid time becomes a dash.

/** Day: `2026-11-26`. */
export function day(seconds: number): string {
  const time = timeOf(seconds);
  return time === null ? '-' : time.toLocaleDateString('en-CA');
}

/** Day and time: `2026-11-26 18:30:12`. */
export function dayAndTime(seconds: number): string {
  const time = timeOf(seconds);
  return time === null ? '-' : `${day(seconds)} ${time.toLocaleTimeString('en-GB')}`;
}

/** Time: `18:30:12`; with the day when it is not today. */
export function clock(seconds: number, now = new Date()): string {
  const time = timeOf(seconds);
  if (time === null) return '-';
  return time.toDateString() === now.toDateString() ? time.toLocaleTimeString('en-GB') : dayAndTime(seconds);
}

/** Approximate time: `18:30`. */
export function hourAndMinute(seconds: number): string {
  const time = timeOf(seconds);
  return time === null ? '-' : time.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
}

function timeOf(seconds: number): Date | null {
  const time = new Date(seconds * 1000);
  return Number.isNaN(time.getTime()) ? null : time;
}
