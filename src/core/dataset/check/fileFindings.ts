// The sentences of findings that no rule over a single example makes: about bytes, lines and the file as a whole.
import { t, tn } from '../../base/messages.ts';
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

/** `first` and `last`: the lines of the example. */
export function lineBreak(first: number, last: number): Finding {
  return {
    ...findingOf(
      'json-line-break',
      first,
      t('A text goes on over lines {0}–{1}, where JSON needs \\n for a line break.', first, last),
      t('Write \\n for each line break inside the text.'),
    ),
    endLine: last,
  };
}

export function spread(first: number, last: number): Finding {
  return {
    ...findingOf(
      'json-spread',
      first,
      t('The JSON object that begins here is spread over several lines.'),
      t('Write each example on its own line.'),
    ),
    ...(last > first ? { endLine: last } : {}),
  };
}

export function markdownFence(line: number): Finding {
  return findingOf(
    'markdown-fence',
    line,
    t('The rows are in a block of code of Markdown, whose marks are no examples.'),
    t('Remove the lines of backticks.'),
  );
}

export function lineTooLong({ number, byteLength }: RawLine): Finding {
  return findingOf(
    'line-too-long',
    number,
    t(
      'The line has {0} MiB; lines of more than {1} MiB, not counting images, are not read.',
      mebibytes(byteLength),
      mebibytes(MAX_LINE_BYTES),
    ),
    t('Shorten the example or remove the line.'),
  );
}

export function byteOrderMark(): Finding {
  return findingOf(
    'byte-order-mark',
    1,
    t('The file begins with a byte order mark, which some providers reject.'),
    t('Save the file as UTF-8 without BOM.'),
  );
}

export function notUtf8(line: number, { byte, value, units }: Utf8Error): Finding {
  return findingOf(
    'not-utf8',
    line,
    t(
      'The line is not valid UTF-8: its byte {0} ({1}) does not fit.',
      byte + 1,
      `0x${value.toString(16).toUpperCase().padStart(2, '0')}`,
    ),
    t('Save the file with the encoding UTF-8.'),
    units + 1,
    units + 2,
  );
}

export function exampleTooLong(line: number, tokens: number, contextTokens: number): Finding {
  return findingOf(
    'example-too-long',
    line,
    tn(
      tokens,
      'The example has {0} token, but only {1} fit: its end, which is the answer, is cut off.',
      'The example has {0} tokens, but only {1} fit: its end, which is the answer, is cut off.',
      contextTokens,
    ),
    t('Shorten the text before the answer, or split the example.'),
  );
}

export function fileTooLarge(bytes: number, maxBytes: number): Finding {
  return findingOf(
    'file-too-large',
    0,
    t('The file has {0} MiB; providers accept {1} MiB at most.', mebibytes(bytes), mebibytes(maxBytes)),
    t('Split the file, or take a sample of it.'),
  );
}

/** `empty`: not one byte, as opposed to nothing but blank lines. */
export function noExamples(empty: boolean): Finding {
  return findingOf(
    'empty-file',
    0,
    empty ? t('The file is empty.') : t('The file has no examples, only blank lines.'),
    t('Write one example per line, or choose another file.'),
  );
}

export function blankLine(line: number): Finding {
  return findingOf('blank-line', line, t('The line is blank and is skipped.'), t('Remove the blank line.'));
}

export function crlf(line: number): Finding {
  return findingOf(
    'crlf',
    line,
    t('Lines of the file end in CRLF; the CR is ignored.'),
    t('Save the file with LF line endings.'),
  );
}

export function tooFewExamples(examples: number, minExamples: number): Finding {
  return findingOf(
    'too-few-examples',
    0,
    tn(
      examples,
      'The file has {0} example; at least {1} are needed.',
      'The file has {0} examples; at least {1} are needed.',
      minExamples,
    ),
    tn(minExamples - examples, 'Add {0} more example.', 'Add {0} more examples, one per line.'),
  );
}

/** Rounds to MiB, with one decimal below 10 MiB. */
function mebibytes(bytes: number): number {
  return Number((bytes / 1048576).toFixed(bytes < 10485760 ? 1 : 0));
}
