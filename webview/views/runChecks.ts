// What is worked out once a run has ended: checks of the chosen comparison, and what another run would change.
import { checksInSteps, type MeanChecks } from '../../src/core/evaluation/comparison/checks.ts';
import { rerunInSteps, type Rerun } from '../../src/core/evaluation/comparison/rerun.ts';
import { Sliced } from '../slices.ts';
import type { EvaluationModel } from './evaluationModel.ts';
import type { Pair } from './runJudgment.ts';

export interface RunChecks {
  readonly pair: Pair;
  /** Null where the comparison has no mean error or too few pairs. */
  readonly means: MeanChecks | null;
  /** By contestant; empty where each item was asked once. */
  readonly reruns: ReadonlyMap<string, Rerun>;
}

/** Metric that is said to move with another run: the primary one, else the grader's mean or share. */
export function movedMetric({ state }: EvaluationModel): 'mae' | 'hits' | 'accuracy' {
  const { primary } = state.question;
  if (primary === 'mae' || primary === 'hits' || primary === 'accuracy') return primary;
  return state.run.grader === 'number' ? 'mae' : 'accuracy';
}

export function* checkRun(model: EvaluationModel, pair: Pair): Generator<undefined, RunChecks> {
  const { run, looks } = model.state;
  const reruns = new Map<string, Rerun>();
  for (const { id, kind } of (run.samples ?? 1) > 1 ? run.contestants : []) {
    if (kind === 'constant') continue;
    const moved = yield* rerunInSteps(model.rowsOf(id), movedMetric(model), run.grader, run.graderOptions);
    if (moved !== null) reruns.set(id, moved);
  }
  // The rows of a run that may stop early depend on their answers: its tests are its looks.
  const isTested = run.grader === 'number' && looks === null;
  const means =
    isTested && pair.b !== null
      ? yield* checksInSteps(model.rowsOf(pair.a), model.rowsOf(pair.b), model.clusterOf)
      : null;
  return { pair, means, reruns };
}

/** Works the checks out once for the rows and the pair of a run that has ended. */
export class RunChecker {
  #found: RunChecks | null = null;
  #key = '';
  #model: EvaluationModel | null = null;
  #pair: Pair = { a: '', b: null };
  readonly #checking: Sliced<RunChecks>;

  constructor(done: () => void) {
    this.#checking = new Sliced<RunChecks>(
      () => (this.#model ? checkRun(this.#model, this.#pair) : null),
      (found, isFresh) => {
        if (!isFresh) return;
        this.#found = found;
        done();
      },
    );
  }

  /** The checks of a pair; null while it runs, and until they are there. */
  of({ a, b }: Pair): RunChecks | null {
    return this.#found?.pair.a === a && this.#found.pair.b === b ? this.#found : null;
  }

  request(model: EvaluationModel, pair: Pair): void {
    const isOver = model.state.status === 'finished' || model.state.status === 'stopped-early';
    const key = isOver ? JSON.stringify([model.state.run.id, model.version, pair.a, pair.b]) : '';
    if (key === this.#key) return;
    this.#key = key;
    this.#found = null;
    this.#model = isOver ? model : null;
    this.#pair = pair;
    this.#checking.request();
  }
}
