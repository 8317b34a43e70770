import type { Locator } from 'playwright-core';

/** What a chart says of itself: ends of its axes and number of its points. */
export interface ChartFigures {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  readonly points: number;
  readonly outside: number;
}

/** Reads a chart after the next two frames: what was asked for is drawn in the one, observers run in the other. */
export async function figuresOf(chart: Locator): Promise<ChartFigures> {
  return chart.evaluate(
    (element) =>
      new Promise<ChartFigures>((resolve) => {
        requestAnimationFrame(() =>
          requestAnimationFrame(() => {
            const number = (name: string): number => Number((element as HTMLElement).dataset[name]);
            resolve({
              x: [number('xMin'), number('xMax')],
              y: [number('yMin'), number('yMax')],
              points: number('points'),
              outside: number('outside'),
            });
          }),
        );
      }),
  );
}

/** Drags over a chart between two shares of its width. */
export async function dragOver(
  chart: Locator,
  from: number,
  to: number,
  button: 'left' | 'middle' = 'left',
): Promise<void> {
  const box = await chart.boundingBox();
  if (!box) throw new Error('The chart has no box.');
  const { mouse } = chart.page();
  const y = box.y + box.height / 2;
  await mouse.move(box.x + box.width * from, y);
  await mouse.down({ button });
  await mouse.move(box.x + box.width * to, y, { steps: 5 });
  await mouse.up({ button });
}
