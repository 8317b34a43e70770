import { decodeUtf8, sniffEncoding, type Encoding } from '../jsonl/utf8.ts';
import { MAX_LINE_BYTES, type RawLine } from '../jsonl/lines.ts';
import type { ChatExample } from './example.ts';
import type { Finding, Severity } from './finding.ts';
import { UNSUPPORTED_KINDS, type ExampleKind } from './kind.ts';
import { checkExample } from './parseExample.ts';

/** What providers ask for at least (https://platform.openai.com/docs/guides/supervised-fine-tuning). */
export const MIN_EXAMPLES = 10;

export interface CheckOptions {
  /** 0 switches the rule off (a test file may be short). Default 10. */
  readonly minExamples?: number;
}

export interface CheckedLine {
  /** From 1. */
  readonly line: number;
  readonly blank: boolean;
  /** Without byte order mark; null when the bytes are not text or too many. */
  readonly text: string | null;
  /** Null when the line has an error or is of another kind. */
  readonly example: ChatExample | null;
  readonly findings: readonly Finding[];
}

export interface CheckEnd {
  /** About the whole file. */
  readonly findings: readonly Finding[];
  /** Non-blank lines. */
  readonly examples: number;
  /** Lines that are examples to train on. */
  readonly valid: number;
}

/** Fed line by line, in order; keeps no line. After `stopped` the rest of the file has no meaning and may be skipped. */
export interface Checker {
  readonly stopped: boolean;
  line(line: RawLine): CheckedLine;
  end(): CheckEnd;
}

export function createChecker(options: CheckOptions = {}): Checker {
  const minExamples = options.minExamples ?? MIN_EXAMPLES;
  let stopped = false;
  let examples = 0;
  let valid = 0;
  let blank = 0;
  let firstBlank = 0;
  let bytesSeen = 0;
  /** Kinds already named: one finding for the file, not one a line. */
  const namedKinds = new Set<ExampleKind>();

  const finding = (
    code: string,
    severity: Severity,
    line: number,
    message: string,
    action: string,
    column = 0,
    endColumn = 0,
  ): Finding => ({
    code,
    severity,
    message,
    action,
    line,
    column,
    endColumn,
  });

  const checkText = (raw: RawLine, text: string, findings: Finding[]): ChatExample | null => {
    examples += 1;
    if (examples === 1) {
      const shape = fileShape(text);
      if (shape !== null) {
        stopped = true;
        findings.push(finding(shape.code, 'error', raw.number, shape.message, shape.action));
        return null;
      }
    }
    const parsed = checkExample(text, raw.number);
    findings.push(...parsed.findings);
    const unsupported = parsed.kind === 'chat' ? undefined : UNSUPPORTED_KINDS[parsed.kind];
    if (unsupported !== undefined && !namedKinds.has(parsed.kind)) {
      namedKinds.add(parsed.kind);
      findings.push(finding(unsupported.code, 'error', raw.number, unsupported.message, unsupported.action));
    }
    if (parsed.example !== null) valid += 1;
    return parsed.example;
  };

  return {
    get stopped() {
      return stopped;
    },
    line(raw) {
      bytesSeen += raw.byteLength;
      const nothing = { line: raw.number, blank: false, text: null, example: null };
      if (stopped) return { ...nothing, findings: [] };
      const findings: Finding[] = [];
      let { bytes } = raw;
      if (bytes === null) {
        examples += 1;
        findings.push(
          finding(
            'line-too-long',
            'error',
            raw.number,
            `The line is ${megabytes(raw.byteLength)} long; more than ${megabytes(MAX_LINE_BYTES)} is not read.`,
            'Shorten the example or remove the line.',
          ),
        );
        return { ...nothing, findings };
      }
      if (raw.offset === 0) {
        const encoding = sniffEncoding(bytes);
        if (encoding === 'utf-8-bom') {
          bytes = bytes.subarray(3);
          findings.push(
            finding(
              'byte-order-mark',
              'warning',
              1,
              'The file begins with a byte order mark, which some providers refuse.',
              'Save the file as UTF-8 without BOM.',
            ),
          );
        } else if (encoding !== 'utf-8') {
          stopped = true;
          findings.push(wrongEncoding(encoding));
          return { ...nothing, findings };
        }
      }
      const decoded = decodeUtf8(bytes);
      if (!decoded.ok) {
        examples += 1;
        const { byte, value, units } = decoded.error;
        findings.push(
          finding(
            'not-utf8',
            'error',
            raw.number,
            `The line is not UTF-8: byte ${String(byte + 1)} of it (0x${value.toString(16).toUpperCase().padStart(2, '0')}) does not fit.`,
            'Save the file with the encoding UTF-8.',
            units + 1,
            units + 2,
          ),
        );
        return { ...nothing, findings };
      }
      const text = decoded.value;
      // JSON's own white space only: a line of no-break spaces is not blank for a provider.
      if (/^[ \t\r]*$/.test(text)) {
        blank += 1;
        if (firstBlank === 0) firstBlank = raw.number;
        return { ...nothing, blank: true, text, findings };
      }
      const example = checkText(raw, text, findings);
      return { line: raw.number, blank: false, text, example, findings };
    },
    end() {
      const findings: Finding[] = [];
      if (stopped) return { findings, examples, valid };
      if (examples === 0) {
        findings.push(
          finding(
            'empty-file',
            'error',
            0,
            bytesSeen === 0 && blank === 0 ? 'The file is empty.' : 'The file has no examples, only blank lines.',
            'Write one example a line, or choose another file.',
          ),
        );
        return { findings, examples, valid };
      }
      if (blank > 0) {
        findings.push(
          finding(
            'blank-line',
            'information',
            firstBlank,
            blank === 1
              ? 'There is one blank line, which is skipped.'
              : `There are ${String(blank)} blank lines, which are skipped.`,
            'Remove the blank lines if a provider refuses the file.',
          ),
        );
      }
      if (examples < minExamples) {
        findings.push(
          finding(
            'too-few-examples',
            'error',
            0,
            `The file has ${examples === 1 ? 'one example' : `${String(examples)} examples`}; at least ${String(minExamples)} are needed.`,
            `Add ${String(minExamples - examples)} more, one a line.`,
          ),
        );
      }
      return { findings, examples, valid };
    },
  };
}

interface FileShape {
  readonly code: string;
  readonly message: string;
  readonly action: string;
}

/** Files that are something else as a whole, told by their first line, so that not every line is reported. */
function fileShape(first: string): FileShape | null {
  const text = first.trim();
  const oneALine = 'Write one JSON object a line, without a list around them and without commas between them.';
  if (text === '[' || /^\[\s*\{/.test(text)) {
    return {
      code: 'json-array',
      message: 'The file is one JSON list, not one object a line (JSONL).',
      action: oneALine,
    };
  }
  if (text === '{') {
    return {
      code: 'json-spread',
      message: 'The first JSON object is spread over several lines.',
      action: 'Write each example on a line of its own.',
    };
  }
  if (!/[{}[\]]/.test(text) && /^[^\s,;\t]{1,60}(?:\s?[^\s,;\t]{1,60}){0,4}[,;\t]/.test(text)) {
    return {
      code: 'csv',
      message: 'The file looks like a table (CSV), not like one JSON object a line.',
      action: 'Turn each row into {"messages": [{"role": "user", "content": …}, {"role": "assistant", "content": …}]}.',
    };
  }
  return null;
}

function wrongEncoding(encoding: Encoding): Finding {
  const name = encoding === 'utf-32' ? 'UTF-32' : encoding === 'utf-16be' ? 'UTF-16 (big endian)' : 'UTF-16';
  return {
    code: encoding === 'utf-32' ? 'utf-32' : 'utf-16',
    severity: 'error',
    message: `The file is in ${name}, not in UTF-8.`,
    action: 'Save the file with the encoding UTF-8.',
    line: 0,
    column: 0,
    endColumn: 0,
  };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1048576).toFixed(bytes < 10485760 ? 1 : 0)} MiB`;
}
