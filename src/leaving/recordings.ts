// Golden outputs: what a model answers to its test file while it still does. An evaluation run like any other holds them; the folder gets
// the run file that `verify` reads.
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { safeFileName } from '../core/base/fileName.ts';
import { type EvalFile, graderTypeOf, type GraderSpec } from '../core/evaluation/evalFile.ts';
import { MATTERS } from '../core/evaluation/comparison/runJudgment.ts';
import { metricsOf } from '../core/evaluation/comparison/metrics.ts';
import { proposedGrader, proposedSampling, REPLIES_BY_CHANCE } from '../core/evaluation/proposal.ts';
import type { AnswerFigures } from '../core/dataset/report/answers.ts';
import type { RecordedModel } from '../core/leaving/leavingIndex.ts';
import type { RowResult, RunConfig } from '../core/evaluation/types.ts';
import { judgeSliced } from '../evals/judgeSliced.ts';
import { portableLines } from '../evals/portableRun.ts';
import { recordedItems } from '../evals/replacementRun.ts';
import type { EvaluationRun } from '../evals/runner.ts';
import { hashOfFile } from '../jobs/start/snapshot.ts';
import { writeLinesAtomic } from '../storage/atomicFile.ts';
import type { LeavingFolder } from './leavingFolder.ts';

/** Lines that the index names. */
const MOST_LINES = 1000;

export interface RecordingPlan {
  readonly model: string;
  readonly label: string;
  readonly connection: string;
  readonly testFile: string;
  readonly answers: Pick<AnswerFigures, 'proposedGrader' | 'distinct' | 'count' | 'meanTokens' | 'commonPrefix'>;
  /** Beginning of its training answers, where it is known. */
  readonly answerPrefix: string | null;
  /** Its last evaluation, which is recorded in the same way; null without one. */
  readonly like: RunConfig | null;
  /** Null: one at temperature 0, else five. */
  readonly samples: number | null;
}

/** The evaluation that records a model: as it was last evaluated, else with what its answers call for. */
export function recordingSpec(plan: RecordingPlan): EvalFile {
  const { like, answers, model, label, connection } = plan;
  const grader: GraderSpec =
    like === null
      ? proposedGrader(answers)
      : ({ ...like.graderOptions, type: like.grader === 'string_check' ? 'exact' : like.grader } as GraderSpec);
  const sampling = like?.sampling ?? proposedSampling(answers, grader);
  const usual = Math.max(like?.samples ?? 1, sampling.temperature === 0 ? 1 : REPLIES_BY_CHANCE);
  return {
    testFile: plan.testFile,
    trainingFile: null,
    primary: like?.primary ?? metricsOf(graderTypeOf(grader))[0] ?? 'accuracy',
    matters: like?.matters ?? MATTERS,
    baseline: null,
    answerPrefix: like === null ? (plan.answerPrefix ?? answers.commonPrefix) : like.answerPrefix,
    contestants: [{ label, model, connection }],
    grader,
    sampling: { ...sampling, samples: plan.samples ?? usual },
    stopEarly: false,
    pass: null,
  };
}

/**
 * Writes what was recorded of a model into the folder, as far as it went, and lists it. Rejects with the system's error.
 * @param contestant the model's in the run
 */
export async function saveRecording(
  folder: LeavingFolder,
  run: Pick<EvaluationRun, 'config' | 'items' | 'rows' | 'status' | 'notice' | 'looks'>,
  contestant: string,
): Promise<RecordedModel> {
  const { config, items, rows } = run;
  const model = config.contestants.find(({ id }) => id === contestant)?.model ?? contestant;
  const { answered, missing } = recordedItems(run, contestant);
  const relative = `recordings/${safeFileName(model)}.run.jsonl`;
  const file = folder.pathOf({ path: relative });
  const looks = new Map(config.contestants.map(({ id }) => [id, run.looks(id)]));
  const judgment = await judgeSliced(config, items, rows, (id) => run.looks(id));
  await mkdir(path.dirname(file), { recursive: true });
  await writeLinesAtomic(file, portableLines({ config, items, rows, status: run.status, looks }, judgment));
  const recorded: RecordedModel = {
    model,
    run: config.id,
    path: relative,
    sha256: await hashOfFile(file),
    testFile: path.basename(config.testFile.path),
    items: answered.length + missing,
    recorded: answered.length,
    missingLines: missingLines(run, new Set(answered.map(({ item }) => item.line))),
    reason: missing === 0 ? null : (run.notice?.message ?? mostFrequent(rows, contestant)),
  };
  await folder.keepRecording(recorded);
  return recorded;
}

function missingLines({ items, rows }: Pick<EvaluationRun, 'items' | 'rows'>, answered: ReadonlySet<number>): number[] {
  const ungradable = new Set(rows.flatMap(({ status, item }) => (status === 'ungradable' ? [item] : [])));
  return items
    .flatMap(({ index, line }) => (answered.has(line) || ungradable.has(index) ? [] : [line]))
    .slice(0, MOST_LINES);
}

/** What the most of the failed rows say. */
function mostFrequent(rows: readonly RowResult[], contestant: string): string | null {
  const counts = new Map<string, number>();
  for (const { contestant: of, message } of rows)
    if (of === contestant && message !== undefined) counts.set(message, (counts.get(message) ?? 0) + 1);
  let found: string | null = null;
  for (const [message, count] of counts) if (count > (found === null ? 0 : (counts.get(found) ?? 0))) found = message;
  return found;
}
