import { decodeUtf8, sniffEncoding, type Encoding } from '../../jsonl/utf8.ts';
import type { RawLine } from '../../jsonl/lines.ts';
import { exampleTokens, type TokenCounter } from '../../tokens/count.ts';
import type { ChatExample } from '../example.ts';
import type { Finding } from '../finding.ts';
import type { CheckEnd, CheckOptions, CheckState } from './checkTypes.ts';
import { unreadLine, type CheckedLine } from './checkedLine.ts';
import { createDifferences, noteDifferences } from './differences.ts';
import {
  blankLine,
  byteOrderMark,
  crlf,
  exampleTooLong,
  fileTooLarge,
  lineBreak,
  lineTooLong,
  markdownFence,
  noExamples,
  notUtf8,
  ofShape,
  spread,
  tooFewExamples,
} from './fileFindings.ts';
import { isBlank, isObject, shapeOf, type FileShape } from './fileShape.ts';
import { FormTally } from './formTally.ts';
import { KindTally } from './kindTally.ts';
import { formOf } from './lineForm.ts';
import { isFence } from './messageList.ts';
import { OpenExample } from './openExample.ts';
import { checkExample } from './parseExample.ts';
import { createQuickReader, withEarlier } from './quickLine.ts';

/** Fewest examples that providers accept (https://platform.openai.com/docs/guides/supervised-fine-tuning). */
export const MIN_EXAMPLES = 10;
/** Largest training file at OpenAI; larger ones go in parts (Uploads API), which not every provider has. */
export const MAX_FILE_BYTES = 512 * 1024 * 1024;
/** Longest example on gpt-4o and gpt-4.1, in tokens, as of 2026-11; 16,385 on gpt-3.5-turbo. */
export const CONTEXT_TOKENS = 65_536;

export type { CheckEnd, CheckOptions, CheckState } from './checkTypes.ts';

/** Takes a file line by line, in order; keeps no line. After `stopped` the rest of the file has no meaning and may be skipped. */
export interface Checker {
  readonly stopped: boolean;
  /** Tells whether the next line may show that the lines so far are not a dataset. */
  readonly undecided: boolean;
  line(line: RawLine): CheckedLine;
  state(): CheckState;
  /** Adds the state of the lines that follow those so far. Returns findings that are reported once per file, if they are the first. */
  join(state: CheckState): readonly Finding[];
  /** Findings about the last lines that no later line completes; `end` has them when this was not called before. */
  late(): readonly Finding[];
  end(): CheckEnd;
}

type Place = Pick<RawLine, 'number' | 'byteLength'>;

function moved(finding: Finding, lines: number): Finding {
  if (finding.line === 0) return finding;
  const { endLine } = finding;
  return { ...finding, line: finding.line + lines, ...(endLine === undefined ? {} : { endLine: endLine + lines }) };
}

/** Blank lines are named one by one up to this number. */
const MAX_BLANK = 1000;

export function createChecker(options: CheckOptions = {}): Checker {
  return new LineChecker(options);
}

class LineChecker implements Checker {
  readonly #minExamples: number;
  readonly #contextTokens: number;
  readonly #maxFileBytes: number;
  readonly #counter: TokenCounter | null;
  readonly #continues: boolean;
  readonly #rowOptions: { readonly graderFields?: readonly string[] };
  readonly #differences = createDifferences();
  readonly #quick = createQuickReader(this.#differences);
  readonly #kinds: KindTally;
  readonly #forms: FormTally;
  #stopped = false;
  #lines = 0;
  #examples = 0;
  #valid = 0;
  #fileBytes = 0;
  #crlfLine = 0;
  readonly #blankLines: number[] = [];
  /** The first line when it may mean that the file is something else; the next line decides. */
  #doubt: { readonly shape: FileShape; readonly findings: readonly Finding[] } | null = null;
  /** The example that goes on over lines; `isFirst`: of the file. */
  #open: { readonly example: OpenExample; readonly isFirst: boolean } | null = null;

  constructor(options: CheckOptions) {
    this.#minExamples = options.minExamples ?? MIN_EXAMPLES;
    this.#contextTokens = options.contextTokens ?? CONTEXT_TOKENS;
    this.#maxFileBytes = options.maxFileBytes ?? MAX_FILE_BYTES;
    this.#counter = options.counter ?? null;
    this.#continues = options.continues === true;
    this.#rowOptions = options.graderFields === undefined ? {} : { graderFields: options.graderFields };
    this.#forms = new FormTally(this.#continues);
    this.#kinds = new KindTally({ accept: options.accept ?? 'chat', continues: this.#continues });
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  get undecided(): boolean {
    return this.#doubt !== null || this.#examples === 0;
  }

  line(raw: RawLine): CheckedLine {
    this.#fileBytes = raw.offset + raw.byteLength;
    this.#lines += 1;
    this.#quick.forget();
    if (this.#stopped) return unreadLine(raw.number, []);
    if (this.#crlfLine === 0 && raw.crlf === true) this.#crlfLine = raw.number;
    const { bytes } = raw;
    if (bytes === null) {
      this.#examples += 1;
      return unreadLine(raw.number, [lineTooLong(raw)]);
    }
    if (this.#mayBeQuick(bytes)) {
      const good = this.#quick.read(bytes, raw.number);
      if (good !== null) {
        this.#examples += 1;
        this.#valid += 1;
        this.#kinds.add('chat', raw.number);
        return this.#open === null ? good : withEarlier(good, this.#close(false));
      }
    }
    const encoding = raw.offset === 0 ? sniffEncoding(bytes) : 'utf-8';
    if (this.#open !== null) return this.#goOn(this.#open, raw, bytes);
    if (this.#doubt !== null) return this.#decide(this.#doubt, raw, bytes, encoding);
    if (this.#examples === 0 && !this.#continues) return this.#checkFirst(raw, bytes, encoding);
    return this.#checkBytes(raw, bytes, encoding);
  }

  state(): CheckState {
    const late = this.#close(true);
    return {
      lines: this.#lines,
      examples: this.#examples,
      valid: this.#valid,
      fileBytes: this.#fileBytes,
      crlfLine: this.#crlfLine,
      blankLines: this.#blankLines,
      kinds: this.#kinds.state(),
      forms: this.#forms.state(),
      late,
      differences: this.#differences.state(),
    };
  }

  join(state: CheckState): readonly Finding[] {
    const before = this.#lines;
    const findings = [
      ...this.#close(true),
      ...this.#kinds.join(state.kinds, before),
      ...this.#forms.join(state.forms, before),
      ...state.late.map((finding) => moved(finding, before)),
    ];
    for (const line of state.blankLines) this.#noteBlank(before + line);
    if (this.#crlfLine === 0 && state.crlfLine > 0) this.#crlfLine = before + state.crlfLine;
    this.#differences.join(state.differences, before);
    this.#lines += state.lines;
    this.#examples += state.examples;
    this.#valid += state.valid;
    this.#fileBytes = Math.max(this.#fileBytes, state.fileBytes);
    return findings;
  }

  late(): readonly Finding[] {
    return this.#close(true);
  }

  end(): CheckEnd {
    const late = this.#close(true);
    const result = { examples: this.#examples, valid: this.#valid, kind: this.#kinds.most() };
    if (this.#doubt !== null) {
      const finding = ofShape(this.#doubt.shape);
      this.#stopped = true;
      this.#doubt = null;
      return { ...result, findings: [finding] };
    }
    if (this.#stopped) return { ...result, findings: late };
    const tooLarge = this.#fileBytes > this.#maxFileBytes ? [fileTooLarge(this.#fileBytes, this.#maxFileBytes)] : [];
    if (this.#examples === 0) {
      const empty = this.#fileBytes === 0 && this.#lines === 0;
      return { ...result, findings: [...tooLarge, noExamples(empty)] };
    }
    return {
      ...result,
      findings: [
        ...late,
        ...tooLarge,
        ...this.#blankLines.map(blankLine),
        ...(this.#crlfLine > 0 ? [crlf(this.#crlfLine)] : []),
        ...(this.#examples < this.#minExamples ? [tooFewExamples(this.#examples, this.#minExamples)] : []),
        ...this.#kinds.mixed(),
        ...this.#differences.findings(),
      ],
    };
  }

  /** A later line that is short enough to fit the model's context whatever it says, among rows that no grader reads. */
  #mayBeQuick(bytes: Uint8Array): boolean {
    return (
      (this.#examples > 0 || this.#continues) &&
      this.#doubt === null &&
      bytes.length <= this.#contextTokens &&
      this.#rowOptions.graderFields === undefined
    );
  }

  /** The first line that is not blank may show that the file is something else; the second one decides it. */
  #checkFirst(raw: RawLine, bytes: Uint8Array, encoding: Encoding): CheckedLine {
    const shape = shapeOf(bytes, encoding);
    if (shape?.certain === true) {
      this.#examples += 1;
      this.#stopped = true;
      return unreadLine(raw.number, [ofShape(shape)]);
    }
    const checked = this.#checkBytes(raw, bytes, encoding);
    if (shape === null || checked.blank || checked.pending === true) return checked;
    this.#doubt = { shape, findings: checked.findings };
    return { ...checked, findings: [] };
  }

  #decide(
    { shape, findings }: { readonly shape: FileShape; readonly findings: readonly Finding[] },
    raw: RawLine,
    bytes: Uint8Array,
    encoding: Encoding,
  ): CheckedLine {
    if (isBlank(bytes)) return this.#checkBytes(raw, bytes, encoding);
    this.#doubt = null;
    if (!isObject(bytes)) {
      this.#stopped = true;
      return unreadLine(raw.number, [ofShape(shape)]);
    }
    const checked = this.#checkBytes(raw, bytes, encoding);
    return { ...checked, findings: [...findings, ...checked.findings] };
  }

  #checkBytes(raw: RawLine, bytes: Uint8Array, encoding: Encoding): CheckedLine {
    const marked = encoding === 'utf-8-bom';
    const findings: Finding[] = marked ? [byteOrderMark()] : [];
    const decoded = decodeUtf8(marked ? bytes.subarray(3) : bytes);
    if (!decoded.ok) {
      this.#examples += 1;
      findings.push(notUtf8(raw.number, decoded.error));
      return unreadLine(raw.number, findings);
    }
    const text = decoded.value;
    // JSON's own white space only: a line of no-break spaces is not blank for a provider.
    if (/^[ \t\r]*$/.test(text)) {
      this.#noteBlank(raw.number);
      return { ...unreadLine(raw.number, findings), blank: true, text };
    }
    if (isFence(text)) {
      const named = this.#forms.add('markdown-fence', markdownFence(raw.number), true);
      return { ...unreadLine(raw.number, named === null ? findings : [...findings, named]), blank: true, text };
    }
    return this.#checkText(raw, text, findings);
  }

  /** Checks a line that is not blank by the rules. `findings` are those about its bytes. */
  #checkText(raw: Place, text: string, findings: Finding[], mayOpen = true): CheckedLine {
    const parsed = checkExample(text, raw.number, this.#rowOptions);
    if (mayOpen && parsed.kind === 'unknown' && parsed.findings[0]?.code.startsWith('json-') === true) {
      const example = OpenExample.begin({ number: raw.number, text });
      if (example !== null) {
        this.#open = { example, isFirst: this.#examples === 0 && !this.#continues };
        return { ...unreadLine(raw.number, findings), blank: true, pending: true, text };
      }
    }
    this.#examples += 1;
    const form = formOf(text, parsed.findings);
    if (form === null) findings.push(...parsed.findings);
    else
      for (const finding of parsed.findings) {
        const named = this.#forms.add(form, finding, this.#examples === 1);
        if (named !== null) findings.push(named);
      }
    const kind = parsed.kind === 'unknown' ? null : parsed.kind;
    const named = kind === null ? null : this.#kinds.add(kind, raw.number);
    if (named !== null) findings.push(named);
    let { example } = parsed;
    if (example !== null) {
      noteDifferences(this.#differences, example, text, raw.number);
      const cut = raw.byteLength > this.#contextTokens ? this.#tooLong(example, raw.number) : null;
      if (cut !== null) {
        findings.push(cut);
        example = null;
      } else this.#valid += 1;
    }
    return { line: raw.number, blank: false, text, example, messages: null, kind, findings };
  }

  /** Takes the next line after one that began an example and did not end it. */
  #goOn(
    { example, isFirst }: { readonly example: OpenExample; readonly isFirst: boolean },
    raw: RawLine,
    bytes: Uint8Array,
  ): CheckedLine {
    const decoded = decodeUtf8(bytes);
    const held = { number: raw.number, text: decoded.ok ? decoded.value : '' };
    const next = decoded.ok ? example.add(held) : 'over';
    if (next === 'open') return { ...unreadLine(raw.number, []), blank: true };
    if (next === 'over') {
      const findings = this.#close(false);
      const checked =
        this.#examples === 0 && !this.#continues && !this.#stopped
          ? this.#checkFirst(raw, bytes, 'utf-8')
          : this.#checkBytes(raw, bytes, 'utf-8');
      return withEarlier(checked, findings);
    }
    const found = this.#whole(example, isFirst);
    return { ...unreadLine(raw.number, found), blank: true };
  }

  /** Counts an example that goes on over lines, and names it. */
  #whole(example: OpenExample, isFirst: boolean): readonly Finding[] {
    this.#open = null;
    this.#examples += 1;
    const first = example.lines[0]?.number ?? 0;
    const last = example.lines.at(-1)?.number ?? first;
    if (example.hasBreak) return [lineBreak(first, last)];
    // A file of such objects: what its other lines say by themselves has no meaning.
    if (isFirst) this.#stopped = true;
    const named = this.#forms.add('json-spread', spread(first, last), true);
    return named === null ? [] : [named];
  }

  /** Ends the open example before a line that is no part of it, or at the end of the file. */
  #close(atEnd: boolean): readonly Finding[] {
    if (this.#open === null) return [];
    const { example, isFirst } = this.#open;
    this.#open = null;
    const tail = example.withoutTail();
    const { lines } = example;
    const findings: Finding[] = [];
    if (lines.length > 1 && (example.hasBreak || (atEnd && isFirst && !example.broken)))
      findings.push(...this.#whole(example, isFirst));
    else
      for (const { number, text } of lines)
        if (text.trim() === '') this.#noteBlank(number);
        else findings.push(...this.#checkText({ number, byteLength: 0 }, text, [], false).findings);
    if (!this.#stopped) for (const { number } of tail) this.#noteBlank(number);
    return findings;
  }

  #tooLong(example: ChatExample, line: number): Finding | null {
    if (this.#counter === null) return null;
    const { tokens } = exampleTokens(example, this.#counter);
    return tokens > this.#contextTokens ? exampleTooLong(line, tokens, this.#contextTokens) : null;
  }

  #noteBlank(line: number): void {
    if (this.#blankLines.length < MAX_BLANK) this.#blankLines.push(line);
  }
}
