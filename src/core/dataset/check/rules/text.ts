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
          message: `The line is nested more than ${String(MAX_DEPTH)} levels deep.`,
          action: 'Flatten the example or remove the line.',
          start: 0,
          end: 0,
        },
      ];

export const keysOnce: TextRule = ({ duplicateKeys }) =>
  duplicateKeys.map(({ start, end, key }) => ({
    code: 'duplicate-key',
    message: `The key "${clip(key)}" stands twice in the same object; which one counts depends on who reads it.`,
    action: 'Remove one of the two.',
    start,
    end,
  }));

export const numbersExact: TextRule = ({ imprecise }, text) =>
  imprecise.map(({ start, end }) => ({
    code: 'number-precision',
    message: `The number ${clip(text.slice(start, end))} becomes ${String(Number(text.slice(start, end)))} when it is read.`,
    action: 'Write it as text in double quotes, or with fewer digits.',
    start,
    end,
  }));

export const wholeCharacters: TextRule = ({ loneSurrogates }) =>
  loneSurrogates.slice(0, 1).map(({ start, end }) => ({
    code: 'lone-surrogate',
    message: 'The text holds half a character, which becomes a replacement character when it is sent.',
    action: 'Remove it, or write the whole character.',
    start,
    end,
  }));

export const noNuls: TextRule = ({ nuls }) =>
  nuls.slice(0, 1).map(({ start, end }) => ({
    code: 'nul-escape',
    message: 'The text holds a NUL character, at which some tools cut it off.',
    action: 'Remove the \\u0000.',
    start,
    end,
  }));

export const noBidiControls: TextRule = ({ bidi }) =>
  bidi.slice(0, 1).map(({ start, end }) => ({
    code: 'bidi-control',
    message: 'The text holds an invisible character that reverses its direction, so it reads differently than it is.',
    action: 'Remove it unless the language needs it.',
    start,
    end,
  }));

export const noReturns: TextRule = ({ returns }) =>
  returns.slice(0, 1).map(({ start, end }) => ({
    code: 'carriage-return',
    message: 'A carriage return stands inside the line; some tools end the line there.',
    action: 'Remove the carriage return.',
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
