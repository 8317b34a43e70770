// `npm run sentences`: lists every sentence of the sources in l10n/bundle.l10n.json, which is for translators and not packaged.
// `npm run sentences -- de` brings l10n/bundle.l10n.de.json and package.nls.de.json up to date: new texts are added in English, gone
// ones are removed, translations and plural forms (`#few`) stay.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { inProject } from './lib/paths.ts';
import { merged, sentences, type Texts } from './lib/sentences.ts';

function read(file: string): Texts {
  return existsSync(inProject(file)) ? (JSON.parse(readFileSync(inProject(file), 'utf8')) as Texts) : {};
}

function write(file: string, texts: Texts): void {
  mkdirSync(path.dirname(inProject(file)), { recursive: true });
  writeFileSync(inProject(file), `${JSON.stringify(texts, null, 2)}\n`);
}

const english = Object.fromEntries(sentences().map((sentence) => [sentence, sentence]));
const language = process.argv[2];
if (language === undefined) {
  write('l10n/bundle.l10n.json', english);
  console.log(`l10n/bundle.l10n.json: ${Object.keys(english).length} sentences`);
} else {
  for (const [file, source] of [
    [`l10n/bundle.l10n.${language}.json`, english],
    [`package.nls.${language}.json`, read('package.nls.json')],
  ] as const) {
    const texts = merged(source, read(file));
    write(file, texts);
    const left = Object.keys(source).filter((key) => texts[key] === source[key]).length;
    console.log(`${file}: ${Object.keys(texts).length} texts, ${left} of them still in English`);
  }
}
