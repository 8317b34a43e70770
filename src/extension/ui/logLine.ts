import { redact } from '../../core/base/redact.ts';

/** Everything that steers a terminal or moves other characters; line breaks and tabs have a use in a log. */
// eslint-disable-next-line no-control-regex -- control characters are what must go
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** A message as it may stand in the log: without keys, and with nothing in it that begins a line of the log by itself. */
export function logLine(message: string): string {
  return redact(message).replace(/\r\n?/g, '\n').replace(HIDDEN, '\uFFFD').replace(/\n/g, '\n    ');
}
