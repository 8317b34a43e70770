import { createRandom } from '../src/core/base/random.ts';
import { judgeCurve, prepareVerdicts } from '../src/core/training/verdict/judge.ts';
import { cpuMs } from '../test/support/cpuTime.ts';
import type { Row } from './table.ts';

const POINTS = 1_000_000;
const ROUNDS = 9;
const GOAL_MS = 50;

/** Time of a verdict on a million points once the tables exist, and of the tables. */
export function verdictBench(): Promise<Row[]> {
  const start = cpuMs();
  prepareVerdicts();
  const tables = cpuMs() - start;
  const random = createRandom(1);
  const steps = Float64Array.from({ length: POINTS }, (_, i) => i);
  const values = steps.map((step) => 1 + Math.exp(-step / 1e5) + 0.3 * random.next());
  judgeCurve(steps, values);
  const times = Array.from({ length: ROUNDS }, () => {
    const before = cpuMs();
    judgeCurve(steps, values);
    return cpuMs() - before;
  }).sort((a, b) => a - b);
  const middle = times[ROUNDS >> 1] ?? Infinity;
  return Promise.resolve([
    {
      name: 'verdict on a million points, warm',
      figure: `${middle.toFixed(1)} CPU ms`,
      goal: `≤ ${String(GOAL_MS)}`,
      met: middle <= GOAL_MS,
      note: `middle of ${String(ROUNDS)}; tables ${tables.toFixed(0)} ms, once`,
    },
  ]);
}
