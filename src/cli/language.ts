import { readFileSync } from 'node:fs';
import { ENGLISH, type Language, type Translations } from '../core/base/messages.ts';

/**
 * Language of the terminal, from `LC_ALL`, `LC_MESSAGES` or `LANG`, with the extension's bundle for it (`l10n/` beside `dist/`);
 * English where there is none.
 */
export function terminalLanguage(env: NodeJS.ProcessEnv, folder: URL): Language {
  const set = [env['LC_ALL'], env['LC_MESSAGES'], env['LANG']].find((value) => value !== undefined && value !== '');
  const locale = (set ?? '').replace(/[.@].*$/, '').replaceAll('_', '-');
  if (!/^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$/.test(locale)) return ENGLISH;
  for (const name of [locale.toLowerCase(), locale.split('-')[0] ?? '']) {
    const translations = bundle(new URL(`bundle.l10n.${name}.json`, folder));
    if (translations !== null) return { locale, translations };
  }
  return ENGLISH;
}

function bundle(file: URL): Translations | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Translations;
  } catch {
    return null;
  }
}
