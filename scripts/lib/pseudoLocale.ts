// A language for tests: every sentence in brackets, a third longer and with accents. What is seen without brackets was never looked
// up; what is cut off would be cut off in German.
import { readFileSync } from 'node:fs';
import { inProject } from './paths.ts';
import { sentences } from './sentences.ts';

/** VS Code's own name of it. */
export const PSEUDO_LOCALE = 'qps-ploc';

const ACCENTS: Readonly<Record<string, string>> = { a: 'á', e: 'é', i: 'í', o: 'ó', u: 'ú', A: 'Á', E: 'É', O: 'Ó' };

/** `Open {0}…` → `⟦Ópén {0}… ~⟧`: placeholders, links, commands, icons and code stay as they are. Each line by itself. */
export function pseudo(text: string): string {
  return text.split('\n').map(pseudoLine).join('\n');
}

function pseudoLine(text: string): string {
  if (text === '') return '';
  // A line that is one link is a button of VS Code, and only then.
  const link = /^\[([^\]]*)\](\([^)]*\))$/.exec(text);
  if (link) return `[${pseudoLine(link[1] ?? '')}]${link[2] ?? ''}`;
  const kept = /(\{\d+\}|\$\([\w~-]+\)|`[^`]*`|\]\([^)]*\)|\\.)/;
  const accented = text
    .split(kept)
    .map((part, index) => (index % 2 === 1 ? part : part.replace(/[aeiouAEO]/g, (letter) => ACCENTS[letter] ?? letter)))
    .join('');
  return `⟦${accented}${' ~'.repeat(Math.max(1, Math.round(text.length / 12)))}⟧`;
}

/** Bundle for `vscode.l10n` and for threads and pages. */
export function pseudoBundle(): Readonly<Record<string, string>> {
  return Object.fromEntries(sentences().map((sentence) => [sentence, pseudo(sentence)]));
}

/** `package.nls.qps-ploc.json` from `package.nls.json`. */
export function pseudoManifest(): Readonly<Record<string, string>> {
  const english = JSON.parse(readFileSync(inProject('package.nls.json'), 'utf8')) as Record<string, string>;
  return Object.fromEntries(Object.entries(english).map(([key, text]) => [key, pseudo(text)]));
}
