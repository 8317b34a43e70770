import { spoken, t } from '../../../src/core/base/messages.ts';
import type { XAxis } from '../../../src/core/training/curves/xAxis.ts';
import { decimals } from '../../format.ts';

/** Labels of ticks, all with the same number of digits. `axis`: of an x axis; null: of a y axis. */
export function tickLabels(ticks: readonly number[], axis: XAxis | null): readonly string[] {
  if (axis === 'relative') return ticks.map(duration);
  if (axis === 'wall') return wallLabels(ticks);
  const gap = Math.min(...ticks.slice(1).map((tick, index) => tick - (ticks[index] ?? 0)));
  const size = Math.max(0, ...ticks.map(Math.abs));
  if (size >= 1e5 || (size > 0 && gap < 1e-5)) return ticks.map(compact);
  const isEven = ticks
    .slice(2)
    .every((tick, index) => Math.abs(tick - 2 * (ticks[index + 1] ?? 0) + (ticks[index] ?? 0)) < gap / 1e3);
  // Ticks of a logarithmic axis have the digits that each needs.
  if (!isEven)
    return ticks.map((tick) =>
      minus(Number(tick.toPrecision(3)).toLocaleString(spoken().locale, { maximumSignificantDigits: 3 })),
    );
  const digits = Number.isFinite(gap) ? Math.max(0, Math.ceil(-Math.log10(gap) - 1e-9)) : 2;
  return ticks.map((tick) => minus(decimals(tick, digits)));
}

function compact(value: number): string {
  if (value === 0) return '0';
  if (Math.abs(value) < 1e-3) return minus(value.toExponential(1));
  return minus(
    new Intl.NumberFormat(spoken().locale, { notation: 'compact', maximumSignificantDigits: 4 }).format(value),
  );
}

function minus(text: string): string {
  return text.replace('-', '−');
}

/** Seconds as `0:05`, `12:30` or `1:02:03`. */
export function duration(seconds: number): string {
  const whole = Math.round(Math.abs(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

function wallLabels(ticks: readonly number[]): readonly string[] {
  const { locale } = spoken();
  const span = (ticks.at(-1) ?? 0) - (ticks[0] ?? 0);
  const hasSeconds = ticks.some((tick) => tick % 60 !== 0);
  const time = new Intl.DateTimeFormat(locale, {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    ...(hasSeconds ? { second: '2-digit' } : {}),
  });
  const day = new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric' });
  const midnight = (seconds: number): boolean => {
    const date = new Date(seconds * 1000);
    return date.getHours() === 0 && date.getMinutes() === 0 && date.getSeconds() === 0;
  };
  return ticks.map((tick) => (span > 86_400 * 2 || midnight(tick) ? day : time).format(tick * 1000));
}

/** Value of an x axis in words. */
export function placeText(axis: XAxis, x: number): string {
  switch (axis) {
    case 'step':
      return t('step {0}', Math.round(x));
    case 'epoch':
      return t('epoch {0}', decimals(x, 2));
    case 'examples':
      return t('{0} examples', Math.round(x));
    case 'tokens':
      return t('{0} tokens', Math.round(x));
    case 'relative':
      return t('{0} after the first step', duration(x));
    case 'wall':
      return new Intl.DateTimeFormat(spoken().locale, { dateStyle: 'medium', timeStyle: 'medium' }).format(x * 1000);
  }
}

/** Title of an x axis. */
export function axisTitle(axis: XAxis): string {
  switch (axis) {
    case 'step':
      return t('Step');
    case 'epoch':
      return t('Epoch');
    case 'examples':
      return t('Examples trained on');
    case 'tokens':
      return t('Tokens trained on');
    case 'relative':
      return t('Time since the first step');
    case 'wall':
      return t('Time');
  }
}
