import { t } from '../../../base/messages.ts';
import { MAX_DEPTH } from '../../../jsonl/jsonSyntax.ts';
import type { Span, TextFacts } from '../../../jsonl/scanText.ts';
import type { RuleCode } from '../ruleTable.ts';
import { clip } from './rule.ts';

/** A finding in the raw text of a line: a half-open range of its UTF-16 units; both 0 for the whole line. */
export interface TextFinding extends Span {
  readonly code: RuleCode;
  readonly message: string;
  readonly action: string;
}

export type TextRule = (facts: TextFacts, text: string) => readonly TextFinding[];

export const notTooDeep: TextRule = ({ depth }) =>
  depth <= MAX_DEPTH
    ? []
    : [
        {
          code: 'too-deep',
          message: t('The line is nested more than {0} levels deep.', MAX_DEPTH),
          action: t('Flatten the example, or remove the line.'),
          start: 0,
          end: 0,
        },
      ];

export const keysOnce: TextRule = ({ duplicateKeys }) =>
  duplicateKeys.map(({ start, end, key }) => ({
    code: 'duplicate-key',
    message: t('The key "{0}" is twice in the same object; programs disagree about which one counts.', clip(key)),
    action: t('Remove one of the two.'),
    start,
    end,
  }));

export const numbersExact: TextRule = ({ imprecise }, text) =>
  imprecise.map(({ start, end }) => ({
    code: 'number-precision',
    message: t(
      'The number {0} becomes {1} when it is read.',
      clip(text.slice(start, end)),
      String(Number(text.slice(start, end))),
    ),
    action: t('Write it as text in double quotes, or with fewer digits.'),
    start,
    end,
  }));

export const wholeCharacters: TextRule = ({ loneSurrogates }) =>
  loneSurrogates.slice(0, 1).map(({ start, end }) => ({
    code: 'lone-surrogate',
    message: t('The text contains half a character, which becomes a replacement character when it is sent.'),
    action: t('Remove it, or write the whole character.'),
    start,
    end,
  }));

export const noNuls: TextRule = ({ nuls }) =>
  nuls.slice(0, 1).map(({ start, end }) => ({
    code: 'nul-escape',
    message: t('The text contains a NUL character, where some tools cut it off.'),
    action: t('Remove the \\u0000.'),
    start,
    end,
  }));

export const noBidiControls: TextRule = ({ bidi }) =>
  bidi.slice(0, 1).map(({ start, end }) => ({
    code: 'bidi-control',
    message: t(
      'The text contains an invisible character that reverses its direction, so it looks different from what it is.',
    ),
    action: t('Remove it, unless the language needs it.'),
    start,
    end,
  }));

export const noReturns: TextRule = ({ returns }) =>
  returns.slice(0, 1).map(({ start, end }) => ({
    code: 'carriage-return',
    message: t('A carriage return is inside the line; some tools end the line there.'),
    action: t('Remove the carriage return.'),
    start,
    end,
  }));

/** The rules of a line that is JSON, whatever it holds. */
export const TEXT_RULES: readonly TextRule[] = [
  notTooDeep,
  keysOnce,
  numbersExact,
  wholeCharacters,
  noNuls,
  noBidiControls,
  noReturns,
];
