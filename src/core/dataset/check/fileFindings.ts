// The sentences of findings that no rule over a single example makes: about bytes, lines and the file as a whole.
import { count } from '../../base/numbers.ts';
import { MAX_LINE_BYTES, type RawLine } from '../../jsonl/lines.ts';
import type { Utf8Error } from '../../jsonl/utf8.ts';
import type { Finding } from '../finding.ts';
import type { FileShape } from './fileShape.ts';
import { severityOf, type RuleCode } from './ruleTable.ts';

/** A finding with the severity of its code. Without columns it is about the whole line; on line 0, about the file. */
export function findingOf(
  code: RuleCode,
  line: number,
  message: string,
  action: string,
  column = 0,
  endColumn = 0,
): Finding {
  return { code, severity: severityOf(code), message, action, line, column, endColumn };
}

export function ofShape({ code, message, action, line }: FileShape): Finding {
  return findingOf(code, line, message, action);
}

export function lineTooLong({ number, byteLength }: RawLine): Finding {
  return findingOf(
    'line-too-long',
    number,
    `The line is ${megabytes(byteLength)} long; more than ${megabytes(MAX_LINE_BYTES)} is not read.`,
    'Shorten the example or remove the line.',
  );
}

export function byteOrderMark(): Finding {
  return findingOf(
    'byte-order-mark',
    1,
    'The file begins with a byte order mark, which some providers refuse.',
    'Save the file as UTF-8 without BOM.',
  );
}

export function notUtf8(line: number, { byte, value, units }: Utf8Error): Finding {
  return findingOf(
    'not-utf8',
    line,
    `The line is not UTF-8: byte ${String(byte + 1)} of it (0x${value.toString(16).toUpperCase().padStart(2, '0')}) does not fit.`,
    'Save the file with the encoding UTF-8.',
    units + 1,
    units + 2,
  );
}

export function exampleTooLong(line: number, tokens: number, contextTokens: number): Finding {
  return findingOf(
    'example-too-long',
    line,
    `The example has ${count(tokens)} tokens where ${count(contextTokens)} fit: its end is cut off, and that is the answer.`,
    'Shorten the text before the answer, or split the example.',
  );
}

export function fileTooLarge(bytes: number, maxBytes: number): Finding {
  return findingOf(
    'file-too-large',
    0,
    `The file has ${megabytes(bytes)}; providers take ${megabytes(maxBytes)} at most.`,
    'Split the file, or take a sample of it.',
  );
}

/** `empty`: not one byte, as opposed to nothing but blank lines. */
export function noExamples(empty: boolean): Finding {
  return findingOf(
    'empty-file',
    0,
    empty ? 'The file is empty.' : 'The file has no examples, only blank lines.',
    'Write one example a line, or choose another file.',
  );
}

export function blankLine(line: number): Finding {
  return findingOf('blank-line', line, 'The line is blank and is skipped.', 'Remove the blank line.');
}

export function crlf(line: number): Finding {
  return findingOf(
    'crlf',
    line,
    'Lines of the file end in CR LF; the CR is left out.',
    'Save the file with LF line endings.',
  );
}

export function tooFewExamples(examples: number, minExamples: number): Finding {
  return findingOf(
    'too-few-examples',
    0,
    `The file has ${examples === 1 ? 'one example' : `${String(examples)} examples`}; at least ${String(minExamples)} are needed.`,
    `Add ${String(minExamples - examples)} more, one a line.`,
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1048576).toFixed(bytes < 10485760 ? 1 : 0)} MiB`;
}
