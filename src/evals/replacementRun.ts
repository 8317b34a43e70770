// Run that asks a replacement what a recorded model was asked, and has the recorded answers beside it.
import { t } from '../core/base/messages.ts';
import { fail, ok, type Result } from '../core/base/result.ts';
import { primaryOf } from '../core/evaluation/comparison/runJudgment.ts';
import { isAnswered } from '../core/evaluation/comparison/pairs.ts';
import { replacementMetric } from '../core/evaluation/comparison/replacement.ts';
import type { Contestant, RowResult, RunConfig, TestItem } from '../core/evaluation/types.ts';
import { samplingRule } from '../core/provider/reasoning.ts';
import { fingerprintOf } from './plan.ts';

/** Run that holds the answers of the old model, as far as they were recorded. */
export interface Recording {
  readonly config: RunConfig;
  readonly items: readonly TestItem[];
  readonly rows: readonly RowResult[];
}

export interface ReplacementPlan {
  readonly recording: Recording;
  /** Contestant of the recording whose place is to be taken. */
  readonly old: string;
  readonly by: { readonly label: string; readonly model: string; readonly connectionId: string };
  /** Difference within which the two are equal, in the unit of the metric. */
  readonly margin: number;
  readonly id: string;
  readonly concurrency: number;
  readonly deadlineMs?: number;
}

export interface PlannedReplacement {
  readonly config: RunConfig;
  readonly items: readonly TestItem[];
  /** Recorded rows; the free floors are graded when the run starts. */
  readonly rows: readonly RowResult[];
}

const OLD = 'recorded';

/** Items with a recorded answer, numbered anew, and those that the recording lacks. Items that cannot be graded are neither. */
export function recordedItems(
  { items, rows }: Pick<Recording, 'items' | 'rows'>,
  old: string,
): { readonly answered: readonly { readonly item: TestItem; readonly row: RowResult }[]; readonly missing: number } {
  const byItem = new Map(rows.filter(({ contestant }) => contestant === old).map((row) => [row.item, row]));
  const answered: { item: TestItem; row: RowResult }[] = [];
  let missing = 0;
  for (const item of items) {
    const row = byItem.get(item.index);
    if (row !== undefined && isAnswered(row)) answered.push({ item, row });
    else if (row?.status !== 'ungradable') missing += 1;
  }
  return { answered, missing };
}

/** Plans the run: the same prompts, sampling and grader as the recording. Fails where nothing was recorded. */
export function planReplacement(plan: ReplacementPlan): Result<PlannedReplacement> {
  const { recording, by, margin } = plan;
  const { config } = recording;
  const old = config.contestants.find(({ id }) => id === plan.old);
  const { answered, missing } = recordedItems(recording, plan.old);
  if (old === undefined || answered.length === 0) {
    return fail({
      code: 'nothing-recorded',
      message: t('No answer of {0} was recorded.', old?.label ?? plan.old),
      action: t('Record its answers first, while it still answers.'),
    });
  }
  const { leftOut, maxTokens } = samplingRule(by.model, config.sampling.maxTokens);
  const contestants: Contestant[] = [
    {
      id: 'c1',
      kind: 'fine-tuned',
      label: by.label === old.label ? t('{0} (replacement)', by.label) : by.label,
      model: by.model,
      connectionId: by.connectionId,
      ...(leftOut.length > 0 ? { leftOut } : {}),
      ...(maxTokens === null ? {} : { maxTokens }),
    },
    {
      id: OLD,
      kind: 'fine-tuned',
      label: old.label,
      recorded: { run: config.id, model: old.model ?? old.label, at: config.createdAt },
    },
    ...config.contestants.flatMap((floor): Contestant[] => {
      if (floor.kind !== 'constant') return [];
      const { answers } = floor;
      return [
        answers === undefined ? floor : { ...floor, answers: answered.map(({ item }) => answers[item.index] ?? '') },
      ];
    }),
  ];
  const primary = replacementMetric(config.grader, primaryOf(config));
  const planned: RunConfig = {
    v: 1,
    id: plan.id,
    createdAt: Date.now(),
    name: config.name,
    testFile: { ...config.testFile, items: answered.length },
    contestants,
    grader: config.grader,
    ...(config.graderOptions === undefined ? {} : { graderOptions: config.graderOptions }),
    sampling: config.sampling,
    answerPrefix: config.answerPrefix,
    concurrency: plan.concurrency,
    ...(config.samples === undefined ? {} : { samples: config.samples }),
    ...(plan.deadlineMs === undefined ? {} : { deadlineMs: plan.deadlineMs }),
    baseline: OLD,
    ...(config.truthPrefix === undefined ? {} : { truthPrefix: config.truthPrefix }),
    ...(config.numberReader === undefined ? {} : { numberReader: config.numberReader }),
    ...(config.trainingFile === undefined ? {} : { trainingFile: config.trainingFile }),
    primary,
    ...(config.matters === undefined ? {} : { matters: config.matters }),
    replacement: { margin, temperature: config.sampling.temperature, unrecorded: missing },
  };
  return ok({
    config: { ...planned, fingerprint: fingerprintOf(planned) },
    items: answered.map(({ item }, index) => ({ ...item, index })),
    rows: answered.map(({ row }, item) => ({ ...row, contestant: OLD, item })),
  });
}
