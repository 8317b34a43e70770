// What a patch to the panel costs depends on the rows that are new, not on all.
import { expect, it } from 'vitest';
import { reportAll } from '../../../../src/core/evaluation/report/report.ts';
import type { RowResult, RunConfig } from '../../../../src/core/evaluation/types.ts';
import { RunFigures } from '../../../../src/extension/evaluation/panel/runFigures.ts';
import { cpuMs } from '../../../support/cpuTime.ts';

const config = { contestants: [{ id: 'a' }, { id: 'b' }] } as unknown as RunConfig;
const row = (contestant: string, item: number, more: Partial<RowResult> = {}): RowResult => ({
  contestant,
  item,
  status: 'graded',
  sample: '5',
  guess: (item * 7919) % 1009,
  truth: 500,
  error: Math.abs(((item * 7919) % 1009) - 500),
  colour: 'orange',
  ...more,
});
const failed = (item: number): RowResult =>
  row('a', item, { status: 'error', guess: null, error: null, colour: null, truth: 'x' });

function figuresOf(rows: RowResult[]): { readonly figures: RunFigures; readonly tell: (...more: RowResult[]) => void } {
  const figures = new RunFigures({ config, rows });
  return {
    figures,
    tell: (...more) => {
      rows.push(...more);
      figures.add(more);
    },
  };
}

it('has the rows that are there, those that come, and those that replace others', async () => {
  const rows = [row('a', 0), failed(1), row('b', 0)];
  const { figures, tell } = figuresOf(rows);
  tell(row('a', 2));
  expect([figures.isStale, figures.reports]).toEqual([true, []]);
  await figures.update();
  expect(figures.reports).toEqual(reportAll(['a', 'b'], rows));
  tell(row('a', 1), row('b', 1), row('other', 1));
  expect(figures.isStale).toBe(true);
  await figures.update();
  expect([figures.isStale, figures.reports]).toEqual([false, reportAll(['a', 'b'], rows)]);
  // After a take-over rows with an answer may be others.
  tell(row('a', 0, { guess: 499, error: 1 }));
  await figures.update();
  expect(figures.reports).toEqual(reportAll(['a', 'b'], rows));
});

it('adds up 25,000 rows in 500 patches for little more than in one', { timeout: 60_000 }, async () => {
  const all = Array.from({ length: 25_000 }, (_, item) => row(item % 2 === 0 ? 'a' : 'b', item));
  const cost = async (patches: number): Promise<number> => {
    const { figures, tell } = figuresOf([]);
    await figures.update();
    const before = cpuMs();
    const size = all.length / patches;
    for (let first = 0; first < all.length; first += size) {
      tell(...all.slice(first, first + size));
      await figures.update();
    }
    const spent = cpuMs() - before;
    expect(figures.reports).toEqual(reportAll(['a', 'b'], all));
    return spent;
  };
  await cost(25);
  const [few, many] = [await cost(5), await cost(500)];
  console.log(`5 patches: ${few.toFixed(0)} ms, 500 patches: ${many.toFixed(0)} ms`);
  expect(many).toBeLessThan(few * 4 + 100);
});
