import { markdownText } from '../../base/markdownText.ts';
import { tn } from '../../base/messages.ts';
import { untrustedText } from '../../base/untrustedText.ts';

/** Text from users and servers inside a line of Markdown. */
export function inline(text: string): string {
  return markdownText(untrustedText(text, [], 200));
}

/** Commit or SHA-256 as code; the rules for keys would hide it. */
export function hash(text: string): string {
  return /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(text) ? `\`${text}\`` : code(text);
}

/** A span of code, which shows what is between its signs as it is. */
export function code(text: string): string {
  return `\`${untrustedText(text, [], 200).replaceAll('`', "'").replaceAll('|', '/')}\``;
}

/** `200 items`. */
export function itemsText(items: number): string {
  return tn(items, '{0} item', '{0} items');
}
