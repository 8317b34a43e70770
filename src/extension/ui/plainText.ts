import { replaceHidden } from '../../core/base/untrustedText.ts';

/**
 * A name or a piece of a dataset as it may stand in quick picks and in the outline: one line, and `$(name)`, which is drawn as
 * an icon there, stays text.
 */
export function plainText(text: string): string {
  return replaceHidden(text, '\uFFFD').replace(/\$\((?=[\w-]+(?:~\w+)?\))/g, '$ (');
}
