import { describe, expect, it } from 'vitest';
import { pseudo, pseudoBundle, pseudoManifest } from '../../../scripts/lib/pseudoLocale.ts';
import { merged, sentences, sentencesOf } from '../../../scripts/lib/sentences.ts';

describe('sentences of the sources', () => {
  it('are the first argument of t and both forms of tn', () => {
    const source = `t('One {0}.', x); tn(n, '{0} row', '{0} rows'); t(variable); other('No.'); value.toString('a'); toString('b');`;
    expect(sentencesOf(source)).toEqual(['One {0}.', '{0} row', '{0} rows']);
  });

  it('are found in the whole project, once each, in order', () => {
    const all = sentences();
    expect(all.length).toBeGreaterThan(0);
    expect([...new Set(all)].sort()).toEqual(all);
  });

  it('bring a translation up to date and keep its plural forms', () => {
    const polish = {
      'Gone.': 'Nie ma.',
      '{0} row': '{0} wiersz',
      '{0} rows': '{0} wierszy',
      '{0} rows#few': '{0} wiersze',
    };
    expect(merged({ 'New.': 'New.', '{0} row': '{0} row', '{0} rows': '{0} rows' }, polish)).toEqual({
      'New.': 'New.',
      '{0} row': '{0} wiersz',
      '{0} rows': '{0} wierszy',
      '{0} rows#few': '{0} wiersze',
    });
  });
});

describe('the pseudo-locale', () => {
  it('keeps placeholders, icons, code and links', () => {
    expect(pseudo('Open {0} at once')).toBe('⟦Ópén {0} át óncé ~⟧');
    expect(pseudo('$(copy) `code` and [a link](command:tuningFork.a)')).toMatch(
      /^⟦\$\(copy\) `code` ánd \[á línk\]\(command:tuningFork\.a\)( ~)+⟧$/,
    );
  });

  it('brackets each line, and a line that is a button inside its link', () => {
    expect(pseudo('Hello.\n[Open…](command:a)')).toBe('⟦Hélló. ~⟧\n[⟦Ópén… ~⟧](command:a)');
  });

  it('has every sentence and every text of the manifest', () => {
    expect(Object.keys(pseudoBundle())).toEqual([...sentences()]);
    expect(pseudoManifest()['category']).toBe(pseudo('Tuning Fork'));
  });
});
