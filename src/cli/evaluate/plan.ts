import { readFileSync } from 'node:fs';
import path from 'node:path';
import { t } from '../../core/base/messages.ts';
import { createAnswerCollector } from '../../core/dataset/report/answers.ts';
import { ended, floorsInSteps, listedFloors, type FloorInput } from '../../core/evaluation/baselines/floors.ts';
import { graderTypeOf, parseEvalFile, type EvalFile } from '../../core/evaluation/evalFile.ts';
import type { RunConfig } from '../../core/evaluation/types.ts';
import { isFree } from '../../core/provider/localModel.ts';
import type { Connection } from '../../core/provider/connection.ts';
import { planRun } from '../../evals/plan.ts';
import { newIntentId } from '../../jobs/start/intentJournal.ts';
import { CommandFailure } from '../options.ts';
import { targetOf, type Storage } from '../target.ts';
import { readOverlap } from './overlap.ts';
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
  const testFile = path.resolve(folder, spec.testFile);
  const trainingFile = spec.trainingFile === null ? null : path.resolve(folder, spec.trainingFile);
  const rows = await readTestRows(testFile, spec.answerPrefix);
  const { commonPrefix, decimalMark } = rows.answers;
  const input: FloorInput = {
    grader: graderTypeOf(spec.grader),
    items: rows.items,
    training: await trainingOf(trainingFile),
    truthPrefix: commonPrefix,
    numberReader: { version: 2, decimalMark },
  };
  const floors = ended(floorsInSteps(input, listedFloors(spec)));
  const connections = new Map<string, Connection>();
  const connectionIds = new Map<string, string>();
  const free = new Set<string>();
  for (const one of spec.contestants) {
    if ('floor' in one) continue;
    const { connection, saved } = await targetOf({ connection: one.connection, 'base-url': one.baseUrl }, storage);
    const connectionId = saved ? connection.id : connection.baseUrl;
    connections.set(connectionId, connection);
    connectionIds.set(one.label, connectionId);
    if (isFree(connection, one.model)) free.add(one.label);
  }
  const planned = planRun({
    spec,
    name: path.basename(file),
    testFile,
    rows,
    floors,
    connectionIds,
    id: newIntentId(),
    concurrency: CONCURRENCY,
    ...(trainingFile === null ? {} : { more: { trainingFile, trainedOn: await readOverlap(testFile, trainingFile) } }),
  });
  if (!planned.ok) throw new CommandFailure(planned.error);
  const paid = planned.value.contestants.flatMap(({ id, label, model }) =>
    model === undefined || free.has(label) ? [] : [[id, model] as const],
  );
  return { file: spec, config: planned.value, rows, connections, paid: new Map(paid) };
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
