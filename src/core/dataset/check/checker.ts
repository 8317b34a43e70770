import { createQuickScanner, type QuickFacts } from '../../jsonl/quickScan.ts';
import { locate } from '../../jsonl/locate.ts';
import { decodeUtf8, sniffEncoding, type Encoding } from '../../jsonl/utf8.ts';
import { MAX_LINE_BYTES, type RawLine } from '../../jsonl/lines.ts';
import { exampleTokens, type TokenCounter } from '../../tokens/count.ts';
import {
  answerFormat,
  createDifferences,
  MAX_FORMAT_LENGTH,
  type DifferencesState,
  type Place,
} from './differences.ts';
import { textOf, type ChatExample } from '../example.ts';
import { shapeOfEncoding, shapeOfText, type FileShape } from './fileShape.ts';
import type { Finding } from '../finding.ts';
import { UNSUPPORTED_KINDS, type ExampleKind } from '../kind.ts';
import { MessageBytes } from './messageBytes.ts';
import { checkExample, exampleOfGoodLine } from './parseExample.ts';
import { isRecord } from './rules/rule.ts';
import { severityOf, type RuleCode } from './ruleTable.ts';

/** What providers ask for at least (https://platform.openai.com/docs/guides/supervised-fine-tuning). */
export const MIN_EXAMPLES = 10;
/** Of one training file at OpenAI; larger ones go in parts (Uploads API), which not every provider has. */
export const MAX_FILE_BYTES = 512 * 1024 * 1024;
/** Of one example on gpt-4o and gpt-4.1, as of 2026-11; 16,385 on gpt-3.5-turbo. */
export const CONTEXT_TOKENS = 65_536;

export interface CheckOptions {
  /** 0 switches the rule off (a test file may be short). Default 10. */
  readonly minExamples?: number;
  /** `chat` (default): other kinds are errors, because nothing can be trained on them here. `any`: each by its own rules. */
  readonly accept?: 'chat' | 'any';
  /** Without one, examples that might be too long are not told. Asked only for lines longer than the context in bytes. */
  readonly counter?: TokenCounter | null;
  /** Default 65,536. */
  readonly contextTokens?: number;
  /** Default 512 MiB. */
  readonly maxFileBytes?: number;
  /** The lines are those after the beginning of a file: `state` then goes to the `join` of who has checked what is before. */
  readonly continues?: boolean;
  /** Fields a grader reads from the rows (`graderFields`); their presence makes the file one for reinforcement. */
  readonly graderFields?: readonly string[];
}

export interface CheckedLine {
  /** From 1. */
  readonly line: number;
  readonly blank: boolean;
  /** Without byte order mark; null when the bytes are not text or too many. Made when first asked for, while the raw line is valid. */
  readonly text: string | null;
  /** Null when the line has an error or is of another kind. Made when first asked for, while the raw line is valid. */
  readonly example: ChatExample | null;
  /**
   * What the example says, as bytes: for whoever needs no texts. Null when the line had to be read, and as soon as
   * another line is checked.
   */
  readonly messages: MessageBytes | null;
  /** Null when the line is no object. */
  readonly kind: ExampleKind | null;
  readonly findings: readonly Finding[];
}

export interface CheckEnd {
  /** About the whole file, and about lines that only the rest of the file shows to be wrong. */
  readonly findings: readonly Finding[];
  /** Non-blank lines. */
  readonly examples: number;
  /** Lines that are examples to train on. */
  readonly valid: number;
  /** The kind of most rows; null when no line is an object. */
  readonly kind: ExampleKind | null;
}

/** What the lines of a part of a file leave to be said at its end, as plain values. Lines from 1. */
export interface CheckState {
  readonly lines: number;
  readonly examples: number;
  readonly valid: number;
  readonly fileBytes: number;
  readonly crlfLine: number;
  readonly blankLines: readonly number[];
  readonly kinds: readonly {
    readonly kind: ExampleKind;
    readonly count: number;
    readonly lines: readonly number[];
  }[];
  readonly differences: DifferencesState;
}

/** Fed line by line, in order; keeps no line. After `stopped` the rest of the file has no meaning and may be skipped. */
export interface Checker {
  readonly stopped: boolean;
  /** Whether the next line may show that the lines so far are no dataset at all. */
  readonly undecided: boolean;
  line(line: RawLine): CheckedLine;
  state(): CheckState;
  /** The state of the lines that follow those so far. Findings that are said once a file, if they are the first. */
  join(state: CheckState): readonly Finding[];
  end(): CheckEnd;
}

/** Rows of a kind that is in the minority are named one by one up to this number. */
const MAX_MIXED = 100;
/** Blank lines are named one by one up to this number. */
const MAX_BLANK = 1000;
const NO_FINDINGS: readonly Finding[] = [];

export function createChecker(options: CheckOptions = {}): Checker {
  const minExamples = options.minExamples ?? MIN_EXAMPLES;
  const accept = options.accept ?? 'chat';
  const contextTokens = options.contextTokens ?? CONTEXT_TOKENS;
  const maxFileBytes = options.maxFileBytes ?? MAX_FILE_BYTES;
  const counter = options.counter ?? null;
  const continues = options.continues === true;
  const lineOptions = options.graderFields === undefined ? {} : { graderFields: options.graderFields };
  const scanner = createQuickScanner();
  const messages = new MessageBytes();
  const differences = createDifferences();
  const systemOf = createSystemReader();
  const formatOf = createFormatReader();

  let stopped = false;
  let examples = 0;
  let valid = 0;
  let lines = 0;
  let fileBytes = 0;
  let crlfLine = 0;
  const blankLines: number[] = [];
  /** The first line when it may mean that the file is something else; the next line decides. */
  let doubt: { readonly shape: FileShape; readonly findings: readonly Finding[] } | null = null;
  /** Kinds with the number of their rows and the first lines. */
  const kinds = new Map<ExampleKind, { count: number; lines: number[] }>();

  const whole = (
    code: RuleCode,
    line: number,
    message: string,
    action: string,
    column = 0,
    endColumn = 0,
  ): Finding => ({
    code,
    severity: severityOf(code),
    message,
    action,
    line,
    column,
    endColumn,
  });
  const ofShape = ({ code, message, action, line }: FileShape): Finding => whole(code, line, message, action);

  /** Whether rows of a kind are an error by themselves, said once for the file. */
  const isNamed = (kind: ExampleKind): boolean =>
    UNSUPPORTED_KINDS[kind] !== undefined && !(accept === 'any' && (kind === 'preference' || kind === 'reinforcement'));

  const noteKind = (kind: ExampleKind, line: number, findings: Finding[] | null): void => {
    let seen = kinds.get(kind);
    if (seen === undefined) {
      seen = { count: 0, lines: [] };
      kinds.set(kind, seen);
      const unsupported = UNSUPPORTED_KINDS[kind];
      // Named once for the file, at its first row.
      if (unsupported !== undefined && isNamed(kind) && !continues)
        findings?.push(whole(unsupported.code, line, unsupported.message, unsupported.action));
    }
    seen.count += 1;
    if (seen.lines.length < MAX_MIXED) seen.lines.push(line);
  };

  const tooLong = (example: ChatExample, line: number): Finding | null => {
    if (counter === null) return null;
    const { tokens } = exampleTokens(example, counter);
    if (tokens <= contextTokens) return null;
    return whole(
      'example-too-long',
      line,
      `The example has ${grouped(tokens)} tokens where ${grouped(contextTokens)} fit: its end is cut off, and that is the answer.`,
      'Shorten the text before the answer, or split the example.',
    );
  };

  /** Made once: a place is needed of few lines. */
  let quickBytes: Uint8Array = new Uint8Array(0);
  let quickLine = 0;
  const quickPlace = (start: number, end: number): Place => {
    const before = unitsOf(quickBytes, 0, start);
    return { line: quickLine, column: before, endColumn: before + unitsOf(quickBytes, start, end) + 2 };
  };
  const lineStart = (): Place => ({ line: quickLine, column: 0, endColumn: 0 });
  const systemPlace = (): Place => quickPlace(scanner.facts.systemStart, scanner.facts.systemEnd);
  const answerPlace = (): Place => quickPlace(scanner.facts.answerStart, scanner.facts.answerEnd);

  const noteQuick = (bytes: Uint8Array, line: number, facts: Readonly<QuickFacts>): void => {
    quickBytes = bytes;
    quickLine = line;
    const { systemStart, systemEnd, answerStart, answerEnd } = facts;
    if (systemStart === -1) differences.system(null, lineStart);
    else differences.system(systemOf(bytes, systemStart, systemEnd), systemPlace);
    differences.answer(formatOf(bytes, answerStart, answerEnd), answerPlace);
  };

  const noteExample = (example: ChatExample, text: string, line: number): void => {
    const place = (index: number) => (): Place => {
      const range = locate(text, ['messages', index, 'content']);
      return range === null
        ? { line, column: 0, endColumn: 0 }
        : { line, column: range.start + 1, endColumn: range.end + 1 };
    };
    const system = example.messages.findIndex(({ role }) => role === 'system' || role === 'developer');
    const message = example.messages[system];
    if (message === undefined) differences.system(null, () => ({ line, column: 0, endColumn: 0 }));
    else differences.system(textOf(message), place(system));
    const last = example.messages.length - 1;
    const answer = example.messages[last];
    if (answer !== undefined && textOf(answer) !== '' && answer.tool_calls === undefined)
      differences.answer(answerFormat(textOf(answer)), place(last));
  };

  /** A line that is not blank, its text read. */
  const checkText = (raw: RawLine, text: string, findings: Finding[]): CheckedLine => {
    examples += 1;
    const parsed = checkExample(text, raw.number, lineOptions);
    findings.push(...parsed.findings);
    const object = parsed.kind !== 'unknown';
    if (object) noteKind(parsed.kind, raw.number, findings);
    let { example } = parsed;
    if (example !== null) {
      noteExample(example, text, raw.number);
      const cut = raw.byteLength > contextTokens ? tooLong(example, raw.number) : null;
      if (cut !== null) {
        findings.push(cut);
        example = null;
      } else valid += 1;
    }
    return {
      line: raw.number,
      blank: false,
      text,
      example,
      messages: null,
      kind: object ? parsed.kind : null,
      findings,
    };
  };

  const checkBytes = (raw: RawLine, given: Uint8Array, encoding: Encoding): CheckedLine => {
    const findings: Finding[] = [];
    let bytes = given;
    if (encoding === 'utf-8-bom') {
      bytes = bytes.subarray(3);
      findings.push(
        whole(
          'byte-order-mark',
          1,
          'The file begins with a byte order mark, which some providers refuse.',
          'Save the file as UTF-8 without BOM.',
        ),
      );
    }
    const decoded = decodeUtf8(bytes);
    if (!decoded.ok) {
      examples += 1;
      const { byte, value, units } = decoded.error;
      findings.push(
        whole(
          'not-utf8',
          raw.number,
          `The line is not UTF-8: byte ${String(byte + 1)} of it (0x${value.toString(16).toUpperCase().padStart(2, '0')}) does not fit.`,
          'Save the file with the encoding UTF-8.',
          units + 1,
          units + 2,
        ),
      );
      return { line: raw.number, blank: false, text: null, example: null, messages: null, kind: null, findings };
    }
    const text = decoded.value;
    // JSON's own white space only: a line of no-break spaces is not blank for a provider.
    if (/^[ \t\r]*$/.test(text)) {
      if (blankLines.length < MAX_BLANK) blankLines.push(raw.number);
      return { line: raw.number, blank: true, text, example: null, messages: null, kind: null, findings };
    }
    return checkText(raw, text, findings);
  };

  /** The first line that is not blank may show that the file is something else; the second one decides it. */
  const doubtOf = (bytes: Uint8Array, encoding: Encoding): FileShape | null => {
    const shape = shapeOfEncoding(encoding);
    if (shape !== null) return shape;
    const decoded = decodeUtf8(encoding === 'utf-8-bom' ? bytes.subarray(3) : bytes);
    return decoded.ok ? shapeOfText(decoded.value) : null;
  };

  return {
    get stopped() {
      return stopped;
    },
    line(raw) {
      fileBytes = raw.offset + raw.byteLength;
      lines += 1;
      messages.clear();
      if (stopped)
        return { line: raw.number, blank: false, text: null, example: null, messages: null, kind: null, findings: [] };
      if (crlfLine === 0 && raw.crlf === true) crlfLine = raw.number;
      const { bytes } = raw;
      if (bytes === null) {
        examples += 1;
        const finding = whole(
          'line-too-long',
          raw.number,
          `The line is ${megabytes(raw.byteLength)} long; more than ${megabytes(MAX_LINE_BYTES)} is not read.`,
          'Shorten the example or remove the line.',
        );
        return {
          line: raw.number,
          blank: false,
          text: null,
          example: null,
          messages: null,
          kind: null,
          findings: [finding],
        };
      }
      if (
        (examples > 0 || continues) &&
        doubt === null &&
        bytes.length <= contextTokens &&
        options.graderFields === undefined
      ) {
        if (scanner.isGood(bytes)) {
          examples += 1;
          valid += 1;
          noteKind('chat', raw.number, null);
          noteQuick(bytes, raw.number, scanner.facts);
          messages.use(bytes, scanner.facts);
          return new QuickLine(raw.number, bytes, messages);
        }
      }
      const encoding = raw.offset === 0 ? sniffEncoding(bytes) : 'utf-8';
      if (doubt !== null) {
        const { shape, findings } = doubt;
        const decided = isBlank(bytes) ? null : isObject(bytes);
        if (decided === false) {
          stopped = true;
          doubt = null;
          const finding = ofShape(shape);
          return {
            line: raw.number,
            blank: false,
            text: null,
            example: null,
            messages: null,
            kind: null,
            findings: [finding],
          };
        }
        const checked = checkBytes(raw, bytes, encoding);
        if (decided === null) return checked;
        doubt = null;
        return { ...checked, findings: [...findings, ...checked.findings] };
      }
      const shape = examples === 0 && !continues ? doubtOf(bytes, encoding) : null;
      if (shape?.certain === true) {
        examples += 1;
        stopped = true;
        return {
          line: raw.number,
          blank: false,
          text: null,
          example: null,
          messages: null,
          kind: null,
          findings: [ofShape(shape)],
        };
      }
      const checked = checkBytes(raw, bytes, encoding);
      if (shape === null || checked.blank) return checked;
      doubt = { shape, findings: checked.findings };
      return { ...checked, findings: [] };
    },
    get undecided() {
      return doubt !== null || examples === 0;
    },
    state: () => ({
      lines,
      examples,
      valid,
      fileBytes,
      crlfLine,
      blankLines,
      kinds: [...kinds].map(([kind, seen]) => ({ kind, ...seen })),
      differences: differences.state(),
    }),
    join(state) {
      const findings: Finding[] = [];
      const before = lines;
      for (const { kind, count, lines: rows } of state.kinds) {
        const [first = 0] = rows;
        noteKind(kind, before + first, findings);
        const seen = kinds.get(kind);
        if (seen === undefined) continue;
        seen.count += count - 1;
        for (const row of rows.slice(1)) if (seen.lines.length < MAX_MIXED) seen.lines.push(before + row);
      }
      for (const line of state.blankLines) if (blankLines.length < MAX_BLANK) blankLines.push(before + line);
      if (crlfLine === 0 && state.crlfLine > 0) crlfLine = before + state.crlfLine;
      differences.join(state.differences, before);
      lines += state.lines;
      examples += state.examples;
      valid += state.valid;
      fileBytes = Math.max(fileBytes, state.fileBytes);
      return findings;
    },
    end() {
      const findings: Finding[] = [];
      const kind = mostFrequent(kinds);
      if (doubt !== null) {
        stopped = true;
        findings.push(ofShape(doubt.shape));
        doubt = null;
      }
      if (stopped) return { findings, examples, valid, kind };
      if (fileBytes > maxFileBytes) {
        findings.push(
          whole(
            'file-too-large',
            0,
            `The file has ${megabytes(fileBytes)}; providers take ${megabytes(maxFileBytes)} at most.`,
            'Split the file, or take a sample of it.',
          ),
        );
      }
      if (examples === 0) {
        const empty = fileBytes === 0 && lines === 0;
        findings.push(
          whole(
            'empty-file',
            0,
            empty ? 'The file is empty.' : 'The file has no examples, only blank lines.',
            'Write one example a line, or choose another file.',
          ),
        );
        return { findings, examples, valid, kind };
      }
      for (const line of blankLines)
        findings.push(whole('blank-line', line, 'The line is blank and is skipped.', 'Remove the blank line.'));
      if (crlfLine > 0) {
        findings.push(
          whole(
            'crlf',
            crlfLine,
            'Lines of the file end in CR LF; the CR is left out.',
            'Save the file with LF line endings.',
          ),
        );
      }
      if (examples < minExamples) {
        findings.push(
          whole(
            'too-few-examples',
            0,
            `The file has ${examples === 1 ? 'one example' : `${String(examples)} examples`}; at least ${String(minExamples)} are needed.`,
            `Add ${String(minExamples - examples)} more, one a line.`,
          ),
        );
      }
      if (kinds.size > 1) findings.push(...mixed(kinds, kind, isNamed, whole));
      findings.push(...differences.findings());
      return { findings, examples, valid, kind };
    },
  };
}

/** A line that was found good without being read: what it holds is made when it is asked for. */
class QuickLine implements CheckedLine {
  readonly line: number;
  readonly blank = false;
  readonly kind = 'chat';
  readonly findings = NO_FINDINGS;
  private readonly bytes: Uint8Array;
  private readonly reader: MessageBytes;
  private readonly version: number;
  private madeText: string | null = null;
  private madeExample: ChatExample | null = null;

  constructor(line: number, bytes: Uint8Array, reader: MessageBytes) {
    this.line = line;
    this.bytes = bytes;
    this.reader = reader;
    this.version = reader.version;
  }

  get messages(): MessageBytes | null {
    return this.reader.version === this.version ? this.reader : null;
  }

  get text(): string {
    if (this.madeText === null) {
      const decoded = decodeUtf8(this.bytes);
      if (!decoded.ok) throw new Error('The bytes of the line have changed since it was checked');
      this.madeText = decoded.value;
    }
    return this.madeText;
  }

  get example(): ChatExample {
    this.madeExample ??= exampleOfGoodLine(this.text);
    return this.madeExample;
  }
}

/** Nearly every row has the system message of the row before: it is compared, not read again. */
function createSystemReader(): (bytes: Uint8Array, start: number, end: number) => string {
  let last = new Uint8Array(0);
  let text = '';
  return (bytes, start, end) => {
    const length = end - start;
    if (length === last.length) {
      let i = 0;
      while (i < length && bytes[start + i] === last[i]) i += 1;
      if (i === length) return text;
    }
    last = new Uint8Array(bytes.subarray(start, end));
    const decoded = decodeUtf8(bytes.subarray(start - 1, end + 1));
    text = decoded.ok ? String(JSON.parse(decoded.value)) : '';
    return text;
  };
}

/** As `answerFormat`, of bytes: most answers have the format of the one before, which is seen without making a text. */
function createFormatReader(): (bytes: Uint8Array, start: number, end: number) => string {
  const mask = new Uint8Array(MAX_FORMAT_LENGTH + 1);
  /** Masks seen lately, each in the place its hash gives it, and their formats. */
  const masks = new Uint8Array(64 * MAX_FORMAT_LENGTH);
  const lengths = new Int32Array(64).fill(-1);
  const formats: string[] = new Array<string>(64).fill('');
  const slowly = (bytes: Uint8Array, start: number, end: number): string => {
    const decoded = decodeUtf8(bytes.subarray(start - 1, end + 1));
    return decoded.ok ? answerFormat(String(JSON.parse(decoded.value))) : 'text';
  };
  return (bytes, start, end) => {
    const first = bytes[start] ?? 0;
    const final = bytes[end - 1] ?? 0;
    // White space at the ends, or what may stand for it, does not count.
    const plainEnds = first > 0x20 && first < 0x80 && first !== 0x5c && final > 0x20 && final < 0x80;
    const bracketed = first === 0x7b || first === 0x5b;
    // An escape is at most six times as long as what it says.
    if (end - start > 6 * MAX_FORMAT_LENGTH + 12 && plainEnds && !bracketed) return 'text';
    if (!plainEnds || bracketed || end - start > MAX_FORMAT_LENGTH) return slowly(bytes, start, end);
    let length = 0;
    let hash = 0;
    for (let i = start; i < end; i += 1) {
      const byte = bytes[i] as number;
      if (byte >= 0x80 || byte === 0x5c) return slowly(bytes, start, end);
      // Every digit is one sign for now: answers of the same mask have the same format.
      const sign = byte >= 0x30 && byte <= 0x39 ? 0x30 : byte;
      if (sign === 0x30 && length > 0 && mask[length - 1] === 0x30) continue;
      mask[length] = sign;
      hash = Math.imul(hash ^ sign, 0x9e3779b1);
      length += 1;
    }
    const place = hash >>> 26;
    const from = place * MAX_FORMAT_LENGTH;
    if (lengths[place] === length) {
      let i = 0;
      while (i < length && mask[i] === masks[from + i]) i += 1;
      if (i === length) return formats[place] ?? '';
    }
    const format = slowly(bytes, start, end);
    lengths[place] = length;
    for (let i = 0; i < length; i += 1) masks[from + i] = mask[i] ?? 0;
    formats[place] = format;
    return format;
  };
}

/** UTF-16 units of well-formed UTF-8. */
function unitsOf(bytes: Uint8Array, start: number, end: number): number {
  let units = 0;
  for (let i = start; i < end; i += 1) {
    const byte = bytes[i] ?? 0;
    if ((byte & 0xc0) !== 0x80) units += byte >= 0xf0 ? 2 : 1;
  }
  return units;
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

function isObject(bytes: Uint8Array): boolean {
  const decoded = decodeUtf8(bytes);
  if (!decoded.ok) return false;
  try {
    return isRecord(JSON.parse(decoded.value));
  } catch {
    return false;
  }
}

function mostFrequent(kinds: ReadonlyMap<ExampleKind, { readonly count: number }>): ExampleKind | null {
  let most: ExampleKind | null = null;
  for (const [kind, { count }] of kinds) if (most === null || count > (kinds.get(most)?.count ?? 0)) most = kind;
  return most;
}

const KIND_NAMES: Readonly<Record<ExampleKind, string>> = {
  chat: 'a chat example',
  preference: 'a preference pair (DPO)',
  reinforcement: 'a row for reinforcement (RFT)',
  'prompt-completion': 'a prompt/completion pair',
  conversations: 'a ShareGPT conversation',
  instruction: 'an Alpaca instruction',
  request: 'a batch request',
  unknown: 'of an unknown kind',
};

function mixed(
  kinds: ReadonlyMap<ExampleKind, { readonly lines: readonly number[] }>,
  most: ExampleKind | null,
  isNamed: (kind: ExampleKind) => boolean,
  whole: (code: RuleCode, line: number, message: string, action: string) => Finding,
): readonly Finding[] {
  const findings: Finding[] = [];
  for (const [kind, { lines }] of kinds) {
    // A kind that is named as an error by itself needs no second one.
    if (kind === most || isNamed(kind)) continue;
    for (const line of lines)
      findings.push(
        whole(
          'mixed-kinds',
          line,
          `The row is ${KIND_NAMES[kind]}, but most rows of the file are another kind.`,
          'Keep one kind in a file: move the row to another one.',
        ),
      );
  }
  return findings.sort((a, b) => a.line - b.line);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1048576).toFixed(bytes < 10485760 ? 1 : 0)} MiB`;
}

function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}
