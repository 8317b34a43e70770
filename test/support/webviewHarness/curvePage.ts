// A page with nothing but the charts of several jobs, for tests and pictures. Built by `startCurves`; no part of the product.
import { MetricColumns } from '../../../src/core/training/curves/columns.ts';
import type { UnconditionalLoss } from '../../../src/core/training/curves/levels.ts';
import type { PointTable } from '../../../src/core/training/curves/pointTable.ts';
import type { JobScale } from '../../../src/core/training/curves/xAxis.ts';
import type { Mark } from '../../../webview/charts/curves/lines.ts';
import { randomNumbers } from './states.ts';
import { el } from '../../../webview/dom.ts';
import { registerComponents } from '../../../webview/components.ts';
import { CurveSection, type CurveExport } from '../../../webview/views/curves/curveSection.ts';

export interface RunFixture {
  readonly id: string;
  readonly name: string;
  /** Figures by name, each from step 1 on; null: none at that step. */
  readonly figures?: Readonly<Record<string, readonly (number | null)[]>>;
  /** A noisy fall of training and validation losses instead, made in the page. */
  readonly fall?: Fall;
  readonly totalSteps?: number;
  readonly scale?: Partial<JobScale>;
  readonly marks?: readonly Mark[];
  readonly unconditional?: UnconditionalLoss;
  readonly isLive?: boolean;
}

export interface Fall {
  readonly steps: number;
  readonly seed: number;
  /** Loss at the end. */
  readonly floor: number;
  /** Seconds between steps; 0: the times are unknown. */
  readonly seconds?: number;
}

export interface CurvePageWindow {
  readonly curves: {
    /** Replaces the jobs. */
    readonly set: (runs: readonly RunFixture[]) => void;
    /** Appends one training loss to the first job, as a running job does, and gives the milliseconds until it is drawn. */
    readonly append: (loss: number) => Promise<number>;
    readonly exported: CurveExport[];
    /** State that the page would keep. */
    saved: unknown;
  };
}

const UNKNOWN: JobScale = { epochs: null, examples: null, trainedTokens: null, batchSize: null };

registerComponents();
const page: CurvePageWindow['curves'] = {
  exported: [],
  saved: JSON.parse(sessionStorage.getItem('state') ?? 'null') as unknown,
  set: (fixtures) => {
    runs = fixtures.map((fixture) => ({ fixture, curve: new MetricColumns() }));
    for (const { fixture, curve } of runs) curve.merge(tableOf(fixture));
    draw();
  },
  append: async (loss) => {
    const [first] = runs;
    const steps = Float64Array.of((first?.curve.length ?? 0) + 1);
    const start = performance.now();
    first?.curve.merge({
      steps,
      times: null,
      series: [{ name: 'train_loss', rows: null, values: Float64Array.of(loss) }],
    });
    draw();
    await new Promise((resolve) => requestAnimationFrame(resolve));
    return performance.now() - start;
  },
};
let runs: readonly { readonly fixture: RunFixture; readonly curve: MetricColumns }[] = [];
const section = new CurveSection(page.saved, {
  save: (view) => {
    page.saved = view;
    sessionStorage.setItem('state', JSON.stringify(view));
  },
  onExport: (file) => {
    page.exported.push(file);
  },
});

function draw(): void {
  section.update(
    runs.map(({ fixture, curve }) => ({
      id: fixture.id,
      name: fixture.name,
      curve,
      marks: fixture.marks ?? [],
      totalSteps: fixture.totalSteps ?? null,
      scale: { ...UNKNOWN, ...fixture.scale },
      unconditional: fixture.unconditional ?? null,
      isLive: fixture.isLive ?? false,
    })),
  );
}

function tableOf({ figures = {}, fall }: RunFixture): PointTable {
  if (fall) return fallOf(fall);
  const length = Math.max(...Object.values(figures).map((values) => values.length));
  return {
    steps: Float64Array.from({ length }, (_, index) => index + 1),
    times: null,
    series: Object.entries(figures).map(([name, values]) => {
      const rows = values.flatMap((value, row) => (value === null ? [] : [row]));
      return { name, rows: Uint32Array.from(rows), values: Float64Array.from(rows, (row) => values[row] ?? 0) };
    }),
  };
}

function fallOf({ steps, seed, floor, seconds = 0 }: Fall): PointTable {
  const random = randomNumbers(seed);
  const noise = (): number => random() + random() + random() - 1.5;
  const loss = (index: number, size: number): number =>
    Math.max(0.02, floor + 1.4 * Math.exp(-index / (steps / 5)) + size * noise());
  const every = (gap: number): Uint32Array<ArrayBuffer> =>
    Uint32Array.from({ length: Math.floor(steps / gap) }, (_, n) => (n + 1) * gap - 1);
  const valid = every(5);
  const full = every(Math.ceil(steps / 2));
  return {
    steps: Float64Array.from({ length: steps }, (_, index) => index + 1),
    times: seconds > 0 ? Uint32Array.from({ length: steps }, (_, index) => 1_795_000_000 + index * seconds) : null,
    series: [
      { name: 'train_loss', rows: null, values: Float64Array.from({ length: steps }, (_, index) => loss(index, 0.5)) },
      { name: 'valid_loss', rows: valid, values: Float64Array.from(valid, (row) => loss(row, 0.6) + 0.1) },
      { name: 'full_valid_loss', rows: full, values: Float64Array.from(full, (row) => loss(row, 0) + 0.12) },
      {
        name: 'train_mean_token_accuracy',
        rows: null,
        values: Float64Array.from({ length: steps }, (_, index) => Math.exp(-loss(index, 0.5) / 1.6)),
      },
    ],
  };
}

document.getElementById('root')?.replaceChildren(el('main', {}, [el('h1', {}, ['Curves']), section.element]));
(globalThis as unknown as { curves: typeof page }).curves = page;
