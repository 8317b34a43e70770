import type { RawLine } from '../../jsonl/lines.ts';
import { createQuickScanner } from '../../jsonl/quickScan.ts';
import { decodeUtf8 } from '../../jsonl/utf8.ts';
import { joinedExample } from './fixes.ts';
import { OpenExample } from './openExample.ts';

/** A line, or several that are one example. */
export interface JoinedLine {
  /** With all bytes of its example, when there are several lines. */
  readonly line: RawLine;
  /** Number of lines. */
  readonly lines: number;
}

/** Joins the lines of examples that go on over several, where that gives JSON; all other lines stay as they are. */
export interface Joiner {
  push(line: RawLine): readonly JoinedLine[];
  end(): readonly JoinedLine[];
}

/** `accepts` chooses codes: `json-line-break`, `json-spread`. */
export function createJoiner(accepts: (code: string) => boolean): Joiner {
  const scanner = createQuickScanner();
  const encoder = new TextEncoder();
  const [breaks, spreads] = [accepts('json-line-break'), accepts('json-spread')];
  let open: OpenExample | null = null;
  let held: RawLine[] = [];

  const release = (): readonly JoinedLine[] => {
    const lines = held.map((line) => ({ line, lines: 1 }));
    held = [];
    open = null;
    return lines;
  };
  const begin = (line: RawLine): readonly JoinedLine[] => {
    const single = [{ line, lines: 1 }];
    if (line.bytes === null || scanner.isGood(line.bytes)) return single;
    const decoded = decodeUtf8(line.bytes);
    if (!decoded.ok || isJson(decoded.value)) return single;
    open = OpenExample.begin({ number: line.number, text: decoded.value });
    if (open === null) return single;
    held = [copied(line)];
    return [];
  };
  const join = (example: OpenExample): readonly JoinedLine[] => {
    const [first] = held;
    const last = held.at(-1);
    const accepted = example.hasBreak ? breaks : spreads;
    const text = accepted ? joinedExample(example.lines.map((one) => one.text).join('\n')) : null;
    if (text === null || first === undefined || last === undefined) return release();
    const line: RawLine = {
      number: first.number,
      offset: first.offset,
      byteLength: last.offset + last.byteLength - first.offset,
      bytes: encoder.encode(text),
      ...(last.crlf === true ? { crlf: true as const } : {}),
    };
    const lines = held.length;
    held = [];
    open = null;
    return [{ line, lines }];
  };
  return {
    push(line) {
      if (!breaks && !spreads) return [{ line, lines: 1 }];
      if (open === null) return begin(line);
      const decoded = line.bytes === null || scanner.isGood(line.bytes) ? null : decodeUtf8(line.bytes);
      const next = decoded?.ok === true ? open.add({ number: line.number, text: decoded.value }) : 'over';
      if (next === 'over') return [...release(), ...begin(line)];
      held.push(copied(line));
      return next === 'open' ? [] : join(open);
    },
    end: release,
  };
}

/** A line whose bytes outlive the chunk they were read in. */
function copied(line: RawLine): RawLine {
  return { ...line, bytes: line.bytes === null ? null : new Uint8Array(line.bytes) };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
