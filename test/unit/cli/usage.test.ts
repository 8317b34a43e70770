import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { pseudo, PSEUDO_LOCALE } from '../../../scripts/lib/pseudoLocale.ts';
import { sentencesOf } from '../../../scripts/lib/sentences.ts';
import { inProject } from '../../../scripts/lib/paths.ts';
import { usage } from '../../../src/cli/usage.ts';
import { ENGLISH, speak } from '../../../src/core/base/messages.ts';

afterEach(() => {
  speak(ENGLISH);
});

describe('the help of the command line', () => {
  const lines = (): readonly string[] => usage().split('\n');

  it('fits 120 columns and puts every description into its column', () => {
    for (const line of lines()) expect(line.length, line).toBeLessThanOrEqual(120);
    expect(lines()).toContain('cancel    Cancels a job.');
    expect(lines()).toContain('  --port N           Port; 0 (default) takes any free one.');
    expect(lines()).toContain('                     A number or auto (default).');
  });

  it('is looked up whole; names of options and commands stay', () => {
    const sentences = sentencesOf(readFileSync(inProject('src/cli/usage.ts'), 'utf8'));
    speak({ locale: PSEUDO_LOCALE, translations: Object.fromEntries(sentences.map((text) => [text, pseudo(text)])) });
    const text = usage();
    // What stays without brackets: names, placeholders and the synopsis.
    const rest = text
      .replace(/⟦[^⟧]*⟧/gu, '')
      .replace(/^ {2}cli\.js .*$|^ {9}\[--(?:more-data|suffix|data-dir|test-file).*$/gmu, '');
    expect(rest.split(/\s+/).filter((word) => !/^$|^--[a-z-]+,?$|^[A-Z]+(=[A-Z]+)?,?$/.test(word))).toEqual([
      'check',
      'tune',
      'jobs',
      'job',
      'cancel',
      'curve',
      'evaluate',
      'verify',
      'leave',
      'serve',
    ]);
    expect(text).toContain('  --port N           ⟦');
    expect(text.replace(/\s+/g, ' ')).toContain('{"base_url": "…/v1", "api_key": "…"}');
  });
});
