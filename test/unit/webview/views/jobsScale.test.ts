// Ten thousand jobs in the table, measured in CPU time of the page's thread: other work of the machine does not count.
import { describe, expect, it } from 'vitest';
import { jobRowOf, jobsState } from '../../../support/webviewHarness/jobsStates.ts';
import type { PanelPage } from '../../../support/webviewHarness/harness.ts';
import { usePanels } from '../../../support/webviewHarness/usePanels.ts';

const open = usePanels();
const JOBS = 10_000;
const PART = 500;

interface Cost {
  /** CPU milliseconds of the page's thread in scripts. */
  readonly script: number;
  /** The same with style, layout and paint. */
  readonly all: number;
}

/** CPU time of the page's thread since the last call. */
async function thread(panel: PanelPage): Promise<() => Promise<Cost>> {
  const devTools = await panel.page.context().newCDPSession(panel.page);
  await devTools.send('Performance.enable', { timeDomain: 'threadTicks' });
  let before: Cost = { script: 0, all: 0 };
  return async () => {
    const { metrics } = await devTools.send('Performance.getMetrics');
    const read = (wanted: string): number => (metrics.find(({ name }) => name === wanted)?.value ?? Number.NaN) * 1000;
    const now = { script: read('ScriptDuration'), all: read('TaskDuration') };
    const spent = { script: now.script - before.script, all: now.all - before.all };
    before = now;
    return spent;
  };
}

/** Opens the table as the extension does: the first rows, then the others in parts. `each`: script milliseconds of a part. */
async function opened(): Promise<{ readonly panel: PanelPage; readonly each: readonly number[] }> {
  const panel = await open({ ...jobsState(PART), total: JOBS });
  const spent = await thread(panel);
  const each: number[] = [];
  for (let from = PART; from < JOBS; from += PART) {
    const rows = Array.from({ length: PART }, (_, index) => jobRowOf(from + index));
    await spent();
    await panel.send({ type: 'jobRows', rows, removed: [] });
    each.push((await spent()).script);
  }
  await panel.page.getByText('9,500 of 10,000 jobs').waitFor();
  return { panel, each };
}

describe('ten thousand jobs', () => {
  it('scroll within a frame, with a screenful of rows in the page', async () => {
    const { panel } = await opened();
    const cost = await thread(panel);
    const rows = panel.page.locator('.jobs-table tbody tr:not(.spacer)');
    expect(await rows.count()).toBeLessThan(80);
    const frames = 60;
    const scroll = async (pixels: number): Promise<Cost> => {
      await cost();
      await panel.page.evaluate(
        async ([count, step]) => {
          const table = document.querySelector('.jobs-table .rows');
          if (table) table.scrollTop = 0;
          for (let frame = 1; frame <= count; frame++) {
            if (table) table.scrollTop += step;
            await new Promise((resolve) => requestAnimationFrame(resolve));
          }
        },
        [frames, pixels] as const,
      );
      const { script, all } = await cost();
      return { script: script / frames, all: all / frames };
    };
    // A turn of the wheel a frame, and a dragged scroll bar: every row is another one.
    const [wheel, drag] = [await scroll(120), await scroll(1700)];
    expect(wheel.script).toBeLessThan(8);
    expect(wheel.all).toBeLessThan(25);
    expect(drag.script).toBeLessThan(16);
    expect(await rows.count()).toBeLessThan(80);
  });

  it('come in, are sorted and searched without a long task', async () => {
    const { panel, each } = await opened();
    // Reading the message and drawing are two tasks; the middle one, since a garbage collection falls on some.
    expect(each.toSorted((a, b) => a - b)[Math.floor(each.length / 2)]).toBeLessThan(50);
    const spent = await thread(panel);
    const cost = async (act: () => Promise<void>, done: () => Promise<void>): Promise<number> => {
      await spent();
      await act();
      await done();
      return (await spent()).script;
    };
    const first = (name: string) => () =>
      panel.page.locator('.jobs-table tbody tr:nth-child(2)', { hasText: name }).waitFor();
    const sorted = await cost(
      () => panel.page.getByRole('button', { name: 'Job', exact: true }).click(),
      first('pricer 0'),
    );
    const searched = await cost(
      () => panel.page.getByRole('searchbox', { name: 'Search jobs' }).fill('pricer 9998'),
      first('pricer 9998'),
    );
    expect(Math.max(sorted, searched)).toBeLessThan(50);
  });
});
