import { redact } from '../../core/base/redact.ts';
import { replaceHidden } from '../../core/base/untrustedText.ts';

/** A message as it may stand in the log: without keys, and with nothing in it that begins a line of the log by itself. */
export function logLine(message: string): string {
  // Line breaks and tabs have a use in a log.
  return replaceHidden(redact(message).replace(/\r\n?/g, '\n'), '\uFFFD', '\n\t').replace(/\n/g, '\n    ');
}
