import { t } from '../../../base/messages.ts';
import { MAX_DEPTH } from '../../../jsonl/jsonSyntax.ts';
import type { Span, TextFacts } from '../../../jsonl/scanText.ts';
import { findDamage } from '../../../jsonl/textDamage.ts';
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

const unicode = (code: number): string => `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;

/** Text that was damaged before it became JSON: one finding of each sort a line. */
export const noDamage = (text: string): readonly TextFinding[] => {
  const { control, latex, replacement, twiceDecoded, separator } = findDamage(text);
  const findings: TextFinding[] = [];
  if (control !== null)
    findings.push({
      code: 'control-character',
      message:
        control.command === null
          ? t('The text contains the control character {0}.', unicode(control.code))
          : t(
              'The text contains the control character {0}, probably from {1}.',
              unicode(control.code),
              control.command,
            ),
      action: control.command === null ? t('Remove it, or write what was meant.') : t('Write \\\\ for a backslash.'),
      start: control.start,
      end: control.end,
    });
  if (latex !== null)
    findings.push({
      code: 'latex-escape',
      message: t('An escape is followed by the rest of a LaTeX command, probably {0}.', latex.command),
      action: t('Write \\\\ for a backslash.'),
      start: latex.start,
      end: latex.end,
    });
  if (replacement !== null)
    findings.push({
      code: 'replacement-character',
      message: t('The text contains U+FFFD, which stands for a character that was lost.'),
      action: t('Write the lost character, or make the file again from its source.'),
      start: replacement.start,
      end: replacement.end,
    });
  if (twiceDecoded !== null)
    findings.push({
      code: 'twice-decoded',
      message: t(
        'The text contains "{0}", which was probably "{1}".',
        visible(twiceDecoded.found),
        visible(twiceDecoded.meant),
      ),
      action: t('Read the source as UTF-8, and make the file again.'),
      start: twiceDecoded.start,
      end: twiceDecoded.end,
    });
  if (separator !== null)
    findings.push({
      code: 'line-separator',
      message: t('The text contains {0}, where some tools end the line.', unicode(separator.code)),
      action: t('Write it as an escape.'),
      start: separator.start,
      end: separator.end,
    });
  return findings;
};

/** Control characters as their numbers. */
function visible(text: string): string {
  return text.replace(/[\p{C}\p{Z}]/gu, (character) => unicode(character.codePointAt(0) ?? 0));
}

/** The rules of a line that is JSON, whatever it holds. */
export const TEXT_RULES: readonly TextRule[] = [
  notTooDeep,
  keysOnce,
  numbersExact,
  wholeCharacters,
  noNuls,
  noBidiControls,
  (_facts, text) => noDamage(text),
  noReturns,
];
