import { redact } from '../../core/base/redact.ts';
import { replaceHidden } from '../../core/base/untrustedText.ts';

/** Prepares a message for the log: removes keys, and indents line breaks so that no text begins a line of its own. */
export function logLine(message: string): string {
  // Line breaks and tabs have a use in a log.
  return replaceHidden(redact(message).replace(/\r\n?/g, '\n'), '\uFFFD', '\n\t').replace(/\n/g, '\n    ');
}
