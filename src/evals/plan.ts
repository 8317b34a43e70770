import { createHash } from 'node:crypto';
import { t } from '../core/base/messages.ts';
import { fail, ok, type Problem, type Result } from '../core/base/result.ts';
import type { AnswerFigures } from '../core/dataset/report/answers.ts';
import { FLOORS, type Floors } from '../core/evaluation/baselines/floors.ts';
import { graderTypeOf, type EvalFile, type Floor, type GraderSpec } from '../core/evaluation/evalFile.ts';
import type {
  Contestant,
  GraderOptions,
  GraderType,
  NumberReader,
  RunConfig,
  TestItem,
} from '../core/evaluation/types.ts';
import { samplingRule } from '../core/provider/reasoning.ts';

/** Test file as it was read. */
export interface PlannedRows {
  readonly sha256: string;
  readonly items: readonly TestItem[];
  readonly answers: Pick<AnswerFigures, 'commonPrefix' | 'decimalMark'>;
}

export interface PlanInput {
  readonly spec: EvalFile;
  /** Name of the run in the tree and the panel. */
  readonly name: string;
  /** Absolute path of the test file. */
  readonly testFile: string;
  readonly rows: PlannedRows;
  /** Free floors that can be made. */
  readonly floors: Floors;
  /** Connection of each model, by label. */
  readonly connectionIds: ReadonlyMap<string, string>;
  readonly id: string;
  /** Most concurrent requests. */
  readonly concurrency: number;
  /** Facts that the file does not hold. */
  readonly more?: Pick<RunConfig, 'jobId' | 'trainingFile' | 'trainedOn' | 'deadlineMs'>;
}

/** Plans the run of an evaluation file, the same from the command line and in the window. Fails for a named floor that cannot be made. */
export function planRun(input: PlanInput): Result<RunConfig> {
  const { spec, rows, floors } = input;
  const { grader, options } = graderOf(spec.grader, rows);
  const contestants: Contestant[] = [];
  for (const [at, one] of spec.contestants.entries()) {
    const id = `c${String(at + 1)}`;
    if ('floor' in one) {
      const floor = floors[one.floor];
      if (floor === undefined) return fail(noFloor(one.label, one.floor, spec.trainingFile === null));
      contestants.push({ ...floor, id, label: one.label, listed: true });
      continue;
    }
    const connectionId = input.connectionIds.get(one.label);
    if (connectionId === undefined) throw new Error(`${one.label} has no connection.`);
    const { leftOut, maxTokens } = samplingRule(one.model, spec.sampling.maxTokens);
    contestants.push({
      id,
      kind: at === 0 ? 'fine-tuned' : 'base',
      label: one.label,
      model: one.model,
      connectionId,
      ...(leftOut.length > 0 ? { leftOut } : {}),
      ...(maxTokens === null ? {} : { maxTokens }),
    });
  }
  for (const name of FLOORS) {
    if (spec.contestants.some((one) => 'floor' in one && one.floor === name)) continue;
    const floor = floors[name];
    if (floor !== undefined) contestants.push({ ...floor, id: name });
  }
  const baseline = contestants.find(
    ({ label, listed, kind }) => label === spec.baseline && (kind !== 'constant' || listed === true),
  );
  const { commonPrefix, decimalMark } = rows.answers;
  const numberReader: NumberReader = { version: 2, decimalMark };
  const { temperature, maxTokens, seed, samples } = spec.sampling;
  const config: RunConfig = {
    v: 1,
    id: input.id,
    createdAt: Date.now(),
    name: input.name,
    testFile: { path: input.testFile, sha256: rows.sha256, items: rows.items.length },
    contestants,
    grader,
    ...(options === null ? {} : { graderOptions: options }),
    sampling: { temperature, maxTokens, seed },
    answerPrefix: spec.answerPrefix,
    concurrency: input.concurrency,
    ...(samples === 1 ? {} : { samples }),
    ...(spec.stopEarly ? { stopEarly: true, order: { seed } } : {}),
    ...(baseline === undefined ? {} : { baseline: baseline.id }),
    ...(commonPrefix === null ? {} : { truthPrefix: commonPrefix }),
    numberReader,
    primary: spec.primary,
    matters: spec.matters,
    ...(spec.pass === null ? {} : { pass: spec.pass }),
    ...input.more,
  };
  return ok({ ...config, fingerprint: fingerprintOf(config) });
}

function noFloor(label: string, floor: Floor, withoutTraining: boolean): Problem {
  return {
    code: 'floor-impossible',
    message:
      withoutTraining && floor !== 'constant'
        ? t('{0} needs the training file.', label)
        : t('{0} cannot be made: the answers are no numbers and no labels.', label),
    action: withoutTraining ? t('Name it as trainingFile.') : t('Remove it from the contestants.'),
  };
}

/** Type and options of the grader, as a run records them; labels that the file does not name are those of the test answers. */
export function graderOf(
  spec: GraderSpec,
  { items }: Pick<PlannedRows, 'items'>,
): { readonly grader: GraderType; readonly options: GraderOptions | null } {
  const { type, ...given } = spec;
  const grader = graderTypeOf({ type });
  const options: GraderOptions =
    spec.type === 'label' && spec.labels === undefined
      ? { ...given, labels: [...new Set(items.map(({ truth }) => truth.trim()))].filter(Boolean).sort() }
      : given;
  return { grader, options: Object.keys(options).length === 0 ? null : options };
}

/**
 * Hash of all that makes an evaluation another one. A plan of looks belongs to it, since it cannot be chosen, or left, once rows were seen;
 * thresholds do not: they change what is said about the rows, not the rows.
 */
export function fingerprintOf(config: RunConfig): string {
  const { testFile, contestants, grader, graderOptions, sampling, samples, answerPrefix, primary, matters, baseline } =
    config;
  const asked = contestants.map(({ id, label, model, connectionId, constant, answers }) => [
    id,
    label,
    model,
    connectionId,
    constant,
    answers,
  ]);
  const all = [
    testFile.sha256,
    asked,
    grader,
    graderOptions,
    sampling,
    samples,
    answerPrefix,
    primary,
    matters,
    baseline,
    // Runs that ask all rows keep the hash that they had.
    ...(config.stopEarly === true ? ['stopEarly'] : []),
    ...(config.replacement === undefined ? [] : [config.replacement, contestants.map(({ recorded }) => recorded)]),
  ];
  return createHash('sha256').update(JSON.stringify(all)).digest('hex');
}

/** Tells whether every comparison of a run is over: nothing is left to ask. */
export function isOver({ status }: { readonly status: string }): boolean {
  return status === 'finished' || status === 'stopped-early';
}
