import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { t } from '../../core/base/messages.ts';
import { createAnswerCollector } from '../../core/dataset/report/answers.ts';
import { floorContestant, type FloorInput } from '../../core/evaluation/baselines/floors.ts';
import {
  graderTypeOf,
  parseEvalFile,
  type EvalFile,
  type Floor,
  type GraderSpec,
} from '../../core/evaluation/evalFile.ts';
import type { Contestant, GraderOptions, GraderType, RunConfig } from '../../core/evaluation/types.ts';
import { isFree } from '../../core/provider/localModel.ts';
import type { Connection } from '../../core/provider/connection.ts';
import { newIntentId } from '../../jobs/start/intentJournal.ts';
import { CommandFailure } from '../options.ts';
import { targetOf, type Storage } from '../target.ts';
import { readTestRows, readTrainingPairs, type TestRows } from './testRows.ts';

/** Requests at once; the scheduler goes below it where the provider limits them. */
const CONCURRENCY = 8;

export interface EvaluatePlan {
  readonly file: EvalFile;
  readonly config: RunConfig;
  readonly rows: TestRows;
  /** Connections by the id that the contestants name. */
  readonly connections: ReadonlyMap<string, Connection>;
  /** Models that cost something, by contestant. */
  readonly paid: ReadonlyMap<string, string>;
}

/** Reads the evaluation file and all that it names. @throws CommandFailure */
export async function planEvaluation(file: string, storage: Storage): Promise<EvaluatePlan> {
  const spec = readEvalFile(file);
  const folder = path.dirname(file);
  const rows = await readTestRows(path.resolve(folder, spec.testFile), spec.answerPrefix);
  const connections = new Map<string, Connection>();
  const { grader, options } = graderOf(spec.grader, rows);
  const truthPrefix = rows.answers.commonPrefix;
  const numberReader = { version: 2, decimalMark: rows.answers.decimalMark } as const;
  const input: FloorInput = {
    grader,
    items: rows.items,
    training: await trainingOf(spec.trainingFile === null ? null : path.resolve(folder, spec.trainingFile)),
    truthPrefix,
    numberReader,
  };
  const contestants: Contestant[] = [];
  const paid = new Map<string, string>();
  for (const [at, one] of spec.contestants.entries()) {
    const id = `c${String(at + 1)}`;
    if ('floor' in one) {
      const floor = floorContestant(one.floor, input);
      if (floor === null) throw noFloor(one.label, one.floor, input.training === null);
      contestants.push({ ...floor, id, label: one.label, listed: true });
      continue;
    }
    const { connection, saved } = await targetOf({ connection: one.connection, 'base-url': one.baseUrl }, storage);
    const connectionId = saved ? connection.id : connection.baseUrl;
    connections.set(connectionId, connection);
    if (!isFree(connection, one.model)) paid.set(id, one.model);
    contestants.push({ id, kind: at === 0 ? 'fine-tuned' : 'base', label: one.label, model: one.model, connectionId });
  }
  for (const name of ['constant', 'nearest', 'bagOfWords'] as const) {
    if (spec.contestants.some((one) => 'floor' in one && one.floor === name)) continue;
    const floor = floorContestant(name, input);
    if (floor !== null) contestants.push({ ...floor, id: name });
  }
  const baseline = contestants.find(
    ({ label, listed, kind }) => label === spec.baseline && (kind !== 'constant' || listed === true),
  );
  const config: RunConfig = {
    v: 1,
    id: newIntentId(),
    createdAt: Date.now(),
    name: path.basename(file),
    testFile: { path: path.resolve(folder, spec.testFile), sha256: rows.sha256, items: rows.items.length },
    contestants,
    grader,
    ...(options === null ? {} : { graderOptions: options }),
    sampling: { temperature: spec.sampling.temperature, maxTokens: spec.sampling.maxTokens, seed: spec.sampling.seed },
    answerPrefix: spec.answerPrefix,
    concurrency: CONCURRENCY,
    ...(spec.sampling.samples === 1 ? {} : { samples: spec.sampling.samples }),
    ...(spec.stopEarly ? { stopEarly: true, order: { seed: spec.sampling.seed } } : {}),
    ...(baseline === undefined ? {} : { baseline: baseline.id }),
    ...(spec.trainingFile === null ? {} : { trainingFile: path.resolve(folder, spec.trainingFile) }),
    ...(truthPrefix === null ? {} : { truthPrefix }),
    numberReader,
    primary: spec.primary,
    matters: spec.matters,
  };
  return { file: spec, config: { ...config, fingerprint: fingerprintOf(config) }, rows, connections, paid };
}

function readEvalFile(file: string): EvalFile {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new CommandFailure({
      code: 'file-unreadable',
      message: t('{0} cannot be read.', file),
      action: t('Check the path.'),
    });
  }
  const parsed = parseEvalFile(text.replace(/^\uFEFF/, ''), path.basename(file));
  if (!parsed.ok) throw new CommandFailure(parsed.error);
  return parsed.value;
}

async function trainingOf(file: string | null): Promise<FloorInput['training']> {
  if (file === null) return null;
  const pairs = await readTrainingPairs(file);
  const collector = createAnswerCollector(() => 0);
  for (const { answer } of pairs) collector.add(answer);
  return { answers: collector.figures(), pairs };
}

function noFloor(label: string, floor: Floor, withoutTraining: boolean): CommandFailure {
  return new CommandFailure({
    code: 'floor-impossible',
    message:
      withoutTraining && floor !== 'constant'
        ? t('{0} needs the training file.', label)
        : t('{0} cannot be made: the answers are no numbers and no labels.', label),
    action: withoutTraining ? t('Name it as trainingFile.') : t('Remove it from the contestants.'),
  });
}

/** Type and options of the grader, as a run records them; labels that the file does not name are those of the test answers. */
export function graderOf(
  spec: GraderSpec,
  { items }: Pick<TestRows, 'items'>,
): { readonly grader: GraderType; readonly options: GraderOptions | null } {
  const { type, ...given } = spec;
  const grader = graderTypeOf({ type });
  const options: GraderOptions =
    spec.type === 'label' && spec.labels === undefined
      ? { ...given, labels: [...new Set(items.map(({ truth }) => truth.trim()))].filter(Boolean).sort() }
      : given;
  return { grader, options: Object.keys(options).length === 0 ? null : options };
}

/** Hash of all that makes an evaluation another one. */
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
  ];
  return createHash('sha256').update(JSON.stringify(all)).digest('hex');
}
