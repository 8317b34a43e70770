import type { CurveSeries } from './curveCollector.ts';
import type { PointTable } from './pointTable.ts';

/** A training whose curves are in a file. */
export interface FileRun {
  /** Name in the file; null: the file holds one training, without a name. */
  readonly name: string | null;
  readonly table: PointTable;
}

/** Between the name of a run and that of its metric in the exports of Weights & Biases. */
const BETWEEN = ' - ';

/** Makes one table a training. Exports of Weights & Biases name each column by its run; other files hold one training. */
export function runsOf(series: ReadonlyMap<string, CurveSeries>): readonly FileRun[] {
  const names = [...series.keys()];
  if (names.length === 0 || !names.every((name) => name.indexOf(BETWEEN) > 0))
    return [{ name: null, table: tableOfSeries(series) }];
  const runs = new Map<string, Map<string, CurveSeries>>();
  for (const [name, one] of series) {
    const at = name.lastIndexOf(BETWEEN);
    const run = name.slice(0, at);
    const known = runs.get(run) ?? new Map<string, CurveSeries>();
    runs.set(run, known.set(name.slice(at + BETWEEN.length), one));
  }
  return [...runs].map(([name, own]) => ({ name, table: tableOfSeries(own) }));
}

/** Puts series with steps of their own into one table; of several values for one step the last one counts. */
export function tableOfSeries(series: ReadonlyMap<string, CurveSeries>): PointTable {
  const steps = unionOf([...series.values()].map(({ steps: own }) => own));
  return {
    steps,
    times: null,
    series: [...series].map(([name, { steps: own, values }]) => {
      const rows = new Uint32Array(own.length);
      const kept = new Float64Array(own.length);
      let count = 0;
      let row = 0;
      for (let i = 0; i < own.length; i++) {
        const step = own[i] ?? 0;
        while ((steps[row] ?? Infinity) < step) row += 1;
        if (count > 0 && rows[count - 1] === row) count -= 1;
        rows[count] = row;
        kept[count] = values[i] ?? 0;
        count += 1;
      }
      const isDense = rows[count - 1] === count - 1;
      return { name, rows: isDense ? null : rows.slice(0, count), values: kept.slice(0, count) };
    }),
  };
}

/** Steps of all series, ascending, each once. */
function unionOf(all: readonly Float64Array[]): Float64Array {
  const [first = new Float64Array()] = all;
  const isSame = all.every(
    (own) => own === first || (own.length === first.length && own.every((step, i) => step === first[i])),
  );
  const merged = isSame ? first : Float64Array.from(all.flatMap((own) => [...own])).sort();
  let count = 0;
  const steps = new Float64Array(merged.length);
  for (const step of merged) if (count === 0 || steps[count - 1] !== step) steps[count++] = step;
  return steps.slice(0, count);
}
