import type { ChatExample } from '../example.ts';
import type { Finding } from '../finding.ts';
import type { ExampleKind } from '../kind.ts';
import type { MessageBytes } from './messageBytes.ts';

export interface CheckedLine {
  /** Line number from 1. */
  readonly line: number;
  /** True of nothing but white space, and of a piece of an example that goes on over lines. */
  readonly blank: boolean;
  /** Present when the line begins an example that may go on in the next lines: what is wrong with it comes with a later line, or at the end. */
  readonly pending?: true;
  /** Text without byte order mark; null when the bytes are not text or too many. Made when first asked for, while the raw line is valid. */
  readonly text: string | null;
  /** Example of the line; null when the line has an error or is of another kind. Made when first asked for, while the raw line is valid. */
  readonly example: ChatExample | null;
  /** The example's contents as bytes. Null when the line was read in full, and as soon as another line is checked. */
  readonly messages: MessageBytes | null;
  /** Kind of the example; null when the line is not an object. */
  readonly kind: ExampleKind | null;
  readonly findings: readonly Finding[];
}

/** A line without a text or an example: it cannot be read, or need not be read. */
export function unreadLine(line: number, findings: readonly Finding[]): CheckedLine {
  return { line, blank: false, text: null, example: null, messages: null, kind: null, findings };
}
