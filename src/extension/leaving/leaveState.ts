import { bytesInWords } from '../../core/base/bytes.ts';
import { dayText, t } from '../../core/base/messages.ts';
import { factText, replacementText } from '../../core/evaluation/comparison/fact.ts';
import type { Inventory, LeavingModel } from '../../core/leaving/inventory.ts';
import { filePlaceText, whatText } from '../../core/leaving/words.ts';
import type { Connection } from '../../core/provider/connection.ts';
import { deadlineBadge, isUrgent } from '../../core/provider/deadlines.ts';
import type { Problem } from '../../core/base/result.ts';
import type { Progress } from '../../leaving/downloads.ts';
import type { LeavingFolder } from '../../leaving/leavingFolder.ts';
import type { RegisteredRun } from '../../evals/registry.ts';
import type { LeavePanelState, LeavingRow } from '../../protocol/leavePanel.ts';

export interface LeaveFacts {
  readonly connection: Connection;
  readonly inventory: Inventory | null;
  readonly runs: readonly RegisteredRun[];
  readonly folder: LeavingFolder | null;
  readonly isReading: boolean;
  readonly problems: readonly Problem[];
  readonly busy: Progress | null;
  readonly hasDocument: boolean;
}

export function leaveState(facts: LeaveFacts): LeavePanelState {
  const { connection, inventory, runs, folder, busy } = facts;
  const index = folder?.index;
  return {
    panel: 'leave',
    connectionId: connection.id,
    provider: connection.name,
    folder: folder?.folder ?? null,
    isReading: facts.isReading,
    problems: facts.problems.map(({ message, action }) => `${message} ${action}`),
    models: (inventory?.models ?? []).map((model) => rowOf(model, runs)),
    jobs: inventory?.jobs ?? 0,
    files: inventory?.files?.length ?? null,
    taken:
      index === undefined || (index.files.length === 0 && index.missing.length === 0)
        ? null
        : {
            files: index.files.length,
            bytes: bytesInWords(index.files.reduce((sum, { bytes }) => sum + bytes, 0)),
            missing: index.missing.map(({ what, id, reason }) => ({ what: whatText(what), id, reason })),
          },
    busy: busy === null ? null : { text: busy.name, done: busy.done, of: busy.of },
    hasDocument: facts.hasDocument,
  };
}

function rowOf(model: LeavingModel, runs: readonly RegisteredRun[]): LeavingRow {
  const { deadline, trainingFile, lastEvaluation, recording } = model;
  const isGone = deadline !== null && deadline.daysLeft <= 0;
  return {
    model: model.model,
    title: model.title,
    base: model.base,
    deadline: deadline === null ? null : deadlineBadge(deadline),
    isUrgent: deadline !== null && (isUrgent(deadline) || isGone),
    trainingFile: filePlaceText(trainingFile),
    lastEvaluation:
      lastEvaluation === null ? null : { run: lastEvaluation.run, text: lastEvaluationText(lastEvaluation, runs) },
    recording: recording === null ? null : recordingOf(recording),
    replacements: replacementsOf(model, runs),
    canRecord: !isGone,
    canTrain: trainingFile?.place === 'here',
  };
}

function lastEvaluationText({ run, at }: NonNullable<LeavingModel['lastEvaluation']>, runs: readonly RegisteredRun[]) {
  const fact = runs.find(({ config }) => config.id === run)?.fact;
  const day = dayText(new Date(at));
  return fact ? t('{0}: {1}', day, factText(fact)) : day;
}

function recordingOf({
  run,
  items,
  answered,
  status,
}: NonNullable<LeavingModel['recording']>): NonNullable<LeavingRow['recording']> {
  if (status === 'finished' && answered === items) return { run, text: t('all {0} items', items), state: 'whole' };
  const text = answered === null ? t('{0} items, not whole', items) : t('{0} of {1} items', answered, items);
  return { run, text, state: status === 'running' ? 'running' : answered === 0 ? 'none' : 'part' };
}

/** Runs in which another model was judged as its replacement, newest first. */
function replacementsOf({ model }: LeavingModel, runs: readonly RegisteredRun[]): LeavingRow['replacements'] {
  return runs.flatMap(({ config, status, fact }): LeavingRow['replacements'] => {
    const old = config.contestants.find(({ recorded }) => recorded?.model === model);
    if (old === undefined || config.replacement === undefined) return [];
    const by = config.contestants.find((one) => one.recorded === undefined && one.kind !== 'constant');
    const verdict = fact?.replacement;
    const said =
      status === 'running'
        ? t('being evaluated')
        : verdict === undefined
          ? t('evaluated')
          : replacementText(verdict, old.label);
    const isGood = verdict === 'equal' || verdict === 'better' || verdict === 'as-good';
    return [
      {
        run: config.id,
        text: t('{0}: {1}', by?.label ?? config.name, said),
        tone: isGood ? 'good' : verdict === 'worse' ? 'bad' : 'neutral',
      },
    ];
  });
}
