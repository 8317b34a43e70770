// The way of a good line, which is nearly every line: the quick scan finds nothing wrong with its bytes, and no text or
// object is made of it. This path decides the speed of every check; `bench/datasets.ts` measures it.
import { createQuickScanner } from '../../jsonl/quickScan.ts';
import { decodeUtf8 } from '../../jsonl/utf8.ts';
import type { ChatExample } from '../example.ts';
import type { Finding } from '../finding.ts';
import type { CheckedLine } from './checkedLine.ts';
import type { Differences, Place } from './differences.ts';
import { createFormatReader, createSystemReader } from './formatReaders.ts';
import { MessageBytes } from './messageBytes.ts';
import { damageFindings, exampleOfGoodLine } from './parseExample.ts';

const NO_FINDINGS: readonly Finding[] = [];

export interface QuickReader {
  /** The line when it is certainly a good chat example, its differences noted; null when the rules have to look at it. */
  read(bytes: Uint8Array, line: number): CheckedLine | null;
  /** Takes the bytes back from the line read last. */
  forget(): void;
}

export function createQuickReader(differences: Differences): QuickReader {
  const scanner = createQuickScanner();
  const messages = new MessageBytes();
  const systemOf = createSystemReader();
  const formatOf = createFormatReader();

  // The functions below are made once: a place is needed for few lines.
  let current: Uint8Array = new Uint8Array(0);
  let currentLine = 0;
  const placeOf = (start: number, end: number): Place => {
    const before = unitsOf(current, 0, start);
    return { line: currentLine, column: before, endColumn: before + unitsOf(current, start, end) + 2 };
  };
  const lineStart = (): Place => ({ line: currentLine, column: 0, endColumn: 0 });
  const systemPlace = (): Place => placeOf(scanner.facts.systemStart, scanner.facts.systemEnd);
  const answerPlace = (): Place => placeOf(scanner.facts.answerStart, scanner.facts.answerEnd);

  /** System message of the last good line that has one. */
  let system: string | null = null;
  return {
    read(bytes, line) {
      if (!scanner.isGood(bytes)) return null;
      current = bytes;
      currentLine = line;
      const { systemStart, systemEnd, systemSame, answerStart, answerEnd } = scanner.facts;
      if (systemStart === -1) differences.system(null, lineStart);
      else {
        if (!systemSame || system === null) system = systemOf(bytes, systemStart, systemEnd);
        differences.system(system, systemPlace);
      }
      differences.answer(formatOf(bytes, answerStart, answerEnd), answerPlace);
      messages.use(bytes, scanner.facts);
      const good = new QuickLine(line, bytes, messages);
      if (scanner.facts.damaged) good.findings = damageFindings(good.text, line);
      return good;
    },
    forget() {
      messages.clear();
    },
  };
}

/** Adds findings of earlier lines, which are known only now. */
export function withEarlier(line: CheckedLine, findings: readonly Finding[]): CheckedLine {
  if (findings.length === 0) return line;
  if (!(line instanceof QuickLine)) return { ...line, findings: [...findings, ...line.findings] };
  line.findings = findings;
  return line;
}

/** Line found good without being read: its text and its example are made on first use. */
class QuickLine implements CheckedLine {
  readonly line: number;
  readonly blank = false;
  readonly kind = 'chat';
  findings = NO_FINDINGS;
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

/** Counts the UTF-16 units of well-formed UTF-8. */
function unitsOf(bytes: Uint8Array, start: number, end: number): number {
  let units = 0;
  for (let i = start; i < end; i += 1) {
    const byte = bytes[i] ?? 0;
    if ((byte & 0xc0) !== 0x80) units += byte >= 0xf0 ? 2 : 1;
  }
  return units;
}
