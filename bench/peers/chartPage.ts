// Functions that run in pages of the browser: each is sent there as its text and uses nothing around it.
import type { JobPanelPatch, JobPanelState } from '../../src/protocol/jobPanel.ts';

/** Milliseconds of script in the page. */
export interface PageFigures {
  /** From the first message (our panel) or the call (uPlot) to the frame that has everything. */
  readonly paint: number;
  readonly zooms: readonly number[];
  /** One point more: until the page has it, and until it is drawn. */
  readonly taken: number;
  readonly drawn: number;
}

/** Sends our page a running job of two losses a step, in parts as the extension does, zooms in 30 steps and adds a point. */
export async function ownPage({
  state,
  points,
  part,
}: {
  readonly state: JobPanelState;
  readonly points: number;
  readonly part: number;
}): Promise<PageFigures> {
  const native = window.requestAnimationFrame.bind(window);
  let drawing = 0;
  window.requestAnimationFrame = (draw) =>
    native((time) => {
      const begun = performance.now();
      draw(time);
      drawing += performance.now() - begun;
    });
  const frames = (): Promise<void> =>
    new Promise((resolve) => {
      native(() => {
        native(() => {
          resolve();
        });
      });
    });
  const chart = document.querySelector<HTMLElement>('.chart');
  if (!chart) throw new Error('The page has no chart.');
  const table = (from: number, to: number): JobPanelState['curve'] => {
    const loss = (shift: number): Float64Array =>
      Float64Array.from({ length: to - from }, (_, index) => {
        const step = from + index + 1;
        return 1 + shift + 1.4 * Math.exp((-5 * step) / points) + 0.3 * Math.sin(step * 12.9898);
      });
    return {
      steps: Float64Array.from({ length: to - from }, (_, index) => from + index + 1),
      times: null,
      series: [
        { name: 'train_loss', rows: null, values: loss(0) },
        { name: 'valid_loss', rows: null, values: loss(0.1) },
      ],
    };
  };
  const patchOf = (from: number, to: number): { type: 'jobPatch'; patch: JobPanelPatch } => ({
    type: 'jobPatch',
    patch: { fields: {}, curve: table(from, to), events: [] },
  });
  // VS Code hands buffers over without a copy as well.
  const buffersOf = (message: { state?: JobPanelState; patch?: JobPanelPatch }): Transferable[] => {
    const curve = message.state?.curve ?? message.patch?.curve;
    return curve
      ? [curve.steps, ...curve.series.map(({ values }) => values)].map(({ buffer }) => buffer as ArrayBuffer)
      : [];
  };
  const first = { type: 'state', state: { ...state, curve: table(0, part), curveRows: points } };
  const rest = Array.from({ length: Math.ceil(points / part) - 1 }, (_, index) =>
    patchOf((index + 1) * part, Math.min(points, (index + 2) * part)),
  );
  await frames();
  const begun = performance.now();
  for (const message of [first, ...rest]) window.postMessage(message, '*', buffersOf(message));
  while (Number(chart.dataset['points']) < 2 * points) await new Promise((resolve) => native(resolve));
  const paint = performance.now() - begun;

  const box = chart.getBoundingClientRect();
  const place = { clientX: box.left + box.width * 0.4, clientY: box.top + box.height / 2 };
  const zooms: number[] = [];
  for (let step = 0; step < 30; step += 1) {
    await frames();
    drawing = 0;
    const at = performance.now();
    chart.dispatchEvent(new WheelEvent('wheel', { deltaY: -100, bubbles: true, cancelable: true, ...place }));
    const handled = performance.now() - at;
    await frames();
    zooms.push(handled + drawing);
  }
  chart.dispatchEvent(new MouseEvent('dblclick', { bubbles: true, ...place }));
  await frames();
  const appended: { taken: number; drawn: number }[] = [];
  for (let more = 0; more < 9; more += 1) {
    const data = patchOf(points + more, points + more + 1);
    await frames();
    drawing = 0;
    const at = performance.now();
    window.dispatchEvent(new MessageEvent('message', { data }));
    const taken = performance.now() - at;
    await frames();
    appended.push({ taken, drawn: taken + drawing });
  }
  const middle = (values: number[]): number => values.sort((a, b) => a - b)[4] ?? Number.NaN;
  return {
    paint,
    zooms,
    taken: middle(appended.map(({ taken }) => taken)),
    drawn: middle(appended.map(({ drawn }) => drawn)),
  };
}

interface Plot {
  setScale(axis: string, range: { min: number; max: number }): void;
  setData(data: readonly Float64Array[]): void;
}

/** The same with uPlot, which gets finished columns. */
export async function uPlotPage({ points }: { readonly points: number }): Promise<PageFigures> {
  const { uPlot } = window as unknown as {
    uPlot: new (options: object, data: readonly Float64Array[], place: HTMLElement) => Plot;
  };
  const frames = (): Promise<void> =>
    new Promise((resolve) => {
      requestAnimationFrame(() => {
        requestAnimationFrame(() => {
          resolve();
        });
      });
    });
  const columns = (length: number): Float64Array[] => {
    const loss = (shift: number): Float64Array =>
      Float64Array.from({ length }, (_, index) => {
        const step = index + 1;
        return 1 + shift + 1.4 * Math.exp((-5 * step) / points) + 0.3 * Math.sin(step * 12.9898);
      });
    return [Float64Array.from({ length }, (_, index) => index + 1), loss(0), loss(0.1)];
  };
  const data = columns(points);
  await frames();
  const options = {
    width: 900,
    height: 400,
    scales: { x: { time: false } },
    series: [{}, { stroke: 'blue', width: 2 }, { stroke: 'red', width: 2 }],
  };
  const begun = performance.now();
  const plot = new uPlot(options, data, document.body);
  await new Promise((resolve) => requestAnimationFrame(resolve));
  const paint = performance.now() - begun;
  const zooms: number[] = [];
  for (let step = 0, from = 0, to = points; step < 30; step += 1) {
    await frames();
    const width = (to - from) * 0.82;
    from += (to - from - width) * 0.4;
    to = from + width;
    const at = performance.now();
    plot.setScale('x', { min: from, max: to });
    // It draws in a microtask.
    await Promise.resolve();
    zooms.push(performance.now() - at);
  }
  const more = columns(points + 1);
  await frames();
  const at = performance.now();
  plot.setData(more);
  await Promise.resolve();
  const drawn = performance.now() - at;
  (window as unknown as { kept: unknown }).kept = plot;
  return { paint, zooms, taken: drawn, drawn };
}
