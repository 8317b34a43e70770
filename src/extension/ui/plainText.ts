import { replaceHidden } from '../../core/base/untrustedText.ts';

/**
 * Prepares a name or an excerpt of a dataset for quick picks and the outline: one line, and `$(name)`, which they would draw as an
 * icon, stays text.
 */
export function plainText(text: string): string {
  return replaceHidden(text, '\uFFFD').replace(/\$\((?=[\w-]+(?:~\w+)?\))/g, '$ (');
}
