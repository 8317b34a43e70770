import { bytesInWords } from '../../../src/core/base/bytes.ts';
import { spoken, t } from '../../../src/core/base/messages.ts';
import { count, decimals, percent } from '../../../src/core/base/numbers.ts';
import { dollars } from '../../../src/core/cost/estimate.ts';
import { kindOfColumn } from '../../../src/core/training/compare/columns.ts';
import type { CellValue } from '../../../src/core/training/compare/jobRow.ts';
import { formatDuration, jobStatusWord } from '../../../src/core/training/words/describe.ts';
import { figure, metric, NONE } from '../../format.ts';

/** A value of a column in words. `isAutomatic`: `auto` was asked for. */
export function cellText(column: string, value: CellValue, isAutomatic = false): string {
  const text = valueText(column, value);
  return isAutomatic ? t('{0} (auto)', text) : text;
}

function valueText(column: string, value: CellValue): string {
  if (value === null) return NONE;
  if (typeof value === 'string') return column === 'status' ? jobStatusWord(value) : value;
  switch (kindOfColumn(column)) {
    case 'time':
      return timeFormat().format(value * 1000);
    case 'duration':
      return formatDuration(value);
    case 'money':
      return value === 0 ? t('free') : dollars(value);
    case 'bytes':
      return bytesInWords(value);
    default:
      return numberText(column, value);
  }
}

let format: Intl.DateTimeFormat | undefined;

/** Day and minute in numbers of one width: they are compared down a column. */
function timeFormat(): Intl.DateTimeFormat {
  format ??= new Intl.DateTimeFormat(spoken().locale, {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return format;
}

function numberText(column: string, value: number): string {
  if (column === 'seed') return String(value);
  if (column === 'speed') return decimals(value, 0, value < 10 ? 1 : 0);
  if (column.startsWith('set.')) return decimals(value, 0, 6);
  if (column.startsWith('last.') || column.startsWith('best.')) return metric(value);
  if (column === 'eval.hits' || column === 'eval.accuracy') return percent(value);
  if (column.startsWith('eval.')) return figure(value);
  return count(value);
}
