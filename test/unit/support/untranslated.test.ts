import { describe, expect, it } from 'vitest';
import { pseudo } from '../../../scripts/lib/pseudoLocale.ts';
import { untranslated } from '../../support/e2e/untranslated.ts';

describe('texts that were never looked up', () => {
  it('are those without brackets', () => {
    expect(untranslated(pseudo('Open the file.'))).toEqual([]);
    expect(untranslated(`${pseudo('Open')} the file`)).toEqual(['the', 'file']);
    expect(untranslated('3 rows')).toEqual(['rows']);
  });

  it('are parameters in English inside a sentence', () => {
    expect(untranslated(pseudo('The job is {0}.').replace('{0}', 'running'))).toEqual(['running']);
    expect(untranslated(pseudo('The job is {0}.').replace('{0}', pseudo('running')))).toEqual([]);
  });

  it('are not names, ids, numbers and dates', () => {
    expect(untranslated('zqshop.train.jsonl · 1,200 · ft:local-linear-1:local:zqshop:a1 · Nov 26, 2026')).toEqual([]);
    expect(untranslated(`zqa.jsonl, ${pseudo('this file')}, and zqb.jsonl`)).toEqual([]);
    expect(untranslated(`${pseudo('Read')} and then`)).toEqual(['and', 'then']);
    expect(untranslated('Ln 3', [/Ln \d+/g])).toEqual([]);
  });
});
