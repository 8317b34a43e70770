import { t } from '../../base/messages.ts';
import { readNumber } from '../../evaluation/readNumber.ts';
import { amount } from '../../evaluation/report/amount.ts';

/** Characters of an answer that a sentence shows. */
const SHOWN = 80;

interface Judged {
  readonly answer: string;
  readonly expected: string;
  /** 0…1. */
  readonly score: number;
}

/** Sentence about a suspicious answer: how unlikely it is, or how many times off, and what was expected. */
export function suspicionReason({ answer, expected, score }: Judged, kind: 'numbers' | 'texts'): string {
  const [given, other] = [shortAnswer(answer), shortAnswer(expected)];
  if (kind === 'texts') {
    return t(
      'The answer “{0}” has a probability of {2} by models that have not seen this row; they expect “{1}”.',
      given,
      other,
      amount(1 - score),
    );
  }
  const isMore = (readNumber(answer) ?? 0) > (readNumber(expected) ?? 0);
  const times = score >= 1 ? '∞' : amount(1 / (1 - score));
  return isMore
    ? t('The answer “{0}” is {2} times what models that have not seen this row expect: “{1}”.', given, other, times)
    : t('Models that have not seen this row expect {2} times the answer “{0}”: “{1}”.', given, other, times);
}

/** Beginning of an answer on one line, for a sentence or a table. */
export function shortAnswer(text: string): string {
  const line = text.trim().replace(/\s+/g, ' ');
  return line.length > SHOWN ? `${line.slice(0, SHOWN).replace(/[\uD800-\uDBFF]$/, '')}…` : line;
}
