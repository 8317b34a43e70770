import type { Finding } from '../finding.ts';
import { isMessageListText } from './messageList.ts';

/** Form in which whole files are written, by the findings of one of their lines; null for every other slip. */
export function formOf(text: string, findings: readonly Finding[]): string | null {
  const [finding] = findings;
  switch (finding?.code) {
    case 'json-trailing-comma':
      return text.slice(finding.column).trim() === '' ? finding.code : null;
    case 'not-object':
      return isMessageListText(text) ? finding.code : null;
    case 'json-typographic-quotes':
    case 'json-space':
      return finding.code;
    default:
      return null;
  }
}
