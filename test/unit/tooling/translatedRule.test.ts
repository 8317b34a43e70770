import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, expect, it } from 'vitest';
import { tuningForkPlugin } from '../../../scripts/lib/lintRules.ts';
import { inProject, projectRoot } from '../../../scripts/lib/paths.ts';
import { pseudo } from '../../../scripts/lib/pseudoLocale.ts';
import { sentencesOf } from '../../../scripts/lib/sentences.ts';

const eslint = new ESLint({
  cwd: projectRoot,
  overrideConfigFile: true,
  overrideConfig: [
    {
      files: ['**/*.ts'],
      languageOptions: { parser: tseslint.parser },
      plugins: { 'tuning-fork': tuningForkPlugin },
      rules: { 'tuning-fork/translated': 'error' },
    },
  ],
});

async function reported(code: string): Promise<number> {
  const [result] = await eslint.lintText(code, { filePath: inProject('src/core/a.ts') });
  return result?.messages.length ?? 0;
}

describe('text that is not looked up', () => {
  it.each([
    "const problem = { message: 'The file is empty.' };",
    'const problem = (n: number) => ({ message: `There are ${n} rows.` });',
    "const f = () => ui.notify('information', 'All is well');",
    "const f = (a: boolean) => ui.status(a ? 'All is well' : t('No.'), 5);",
    "const f = () => { throw new ProblemError('A bad end'); };",
    'const f = () => t(`There are ${n} rows.`);',
    'const f = (text: string) => t(text);',
    "const WORDS = { a: t('too early') };",
    "class A { static word = t('too early'); }",
  ])('is reported: %s', async (code) => {
    expect(await reported(code)).toBe(1);
  });

  it.each([
    "import a from './a b.ts';",
    "const f = () => t('The file is empty.');",
    "const f = (n: number) => tn(n, '{0} row is empty.', '{0} rows are empty.');",
    "const f = () => { throw new Error('Not the id of a run.'); };",
    'const f = () => log.info(`Job ${id} was found.`);',
    "const f = () => this.#log.error('It could not be written', error);",
    "const f = () => el('div', { class: 'row wide' });",
    'element.className = `headline ${tone}`;',
    "item.contextValue = 'connection removable';",
    "type A = 'all of it' | 'none of it';",
    "const A = { 'a key': 1 };",
    "const f = () => ({ label: 'Start', code: 'not-found' });",
    "class A { word = t('made with each'); }",
    'const LOSS = new RegExp(`full loss=${NUMBER}`);',
  ])('is let through: %s', async (code) => {
    expect(await reported(code)).toBe(0);
  });
});

describe('the sentences of a source', () => {
  it('are what t and tn are called with', () => {
    expect(sentencesOf("t('One {0}', a); tn(n, '{0} row', '{0} rows'); other('no'); t(name); t(`Two`);")).toEqual([
      'One {0}',
      '{0} row',
      '{0} rows',
      'Two',
    ]);
  });
});

describe('the pseudo-locale', () => {
  it('brackets, accents and lengthens what is read and keeps the rest', () => {
    expect(pseudo('Open {0}…')).toBe('⟦Ópén {0}… ~⟧');
    expect(pseudo('Look\n[Add Connection…](command:tuningFork.addConnection)')).toContain(
      '](command:tuningFork.addConnection)',
    );
    expect(pseudo('$(check) done')).toContain('$(check)');
    expect(pseudo('A sentence of some sixty characters, to be longer than before.').length).toBeGreaterThan(70);
  });
});
