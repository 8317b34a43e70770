import { t } from '../../../core/base/messages.ts';
import { metricName } from '../../../core/evaluation/comparison/metricName.ts';
import { replacementMetric } from '../../../core/evaluation/comparison/replacement.ts';
import { baselineOf, primaryOf } from '../../../core/evaluation/comparison/runJudgment.ts';
import { subjectOf } from '../../../core/evaluation/comparison/subject.ts';
import type { Contestant, RunConfig } from '../../../core/evaluation/types.ts';
import { judgeSliced } from '../../../evals/judgeSliced.ts';
import { planReplacement } from '../../../evals/replacementRun.ts';
import type { EvaluationRun } from '../../../evals/runner.ts';
import { newIntentId } from '../../../jobs/start/intentJournal.ts';
import { evaluationConcurrency, rowDeadlineMs } from '../../config.ts';
import { ensureOwnKey } from '../../connections/ownKey.ts';
import { Cancelled, ProblemError } from '../../ui/errors.ts';
import { requireTrust } from '../../ui/trust.ts';
import { chooseTarget } from '../wizard/chooseTarget.ts';
import { confirmResume } from './confirmResume.ts';
import { runIdOf } from './runIdOf.ts';
import { startPrepared, type EvaluateServices } from './startRun.ts';

/** Margin that is proposed, as a share of the old model's figure. */
const PROPOSED = 0.1;
/** Margin that is proposed for shares: ten points. */
const PROPOSED_SHARE = 0.1;

/**
 * Asks another model what a recorded one was asked, and judges whether it is equal to within a margin that is named first. Called on a
 * run; a second argument names the recorded model where the run has several.
 */
export async function evaluateReplacement(services: EvaluateServices, args: readonly unknown[]): Promise<void> {
  requireTrust();
  const opened = await services.runs.open(runIdOf(args[0]));
  if (!opened.ok) throw new ProblemError(opened.error);
  const recording = opened.value;
  try {
    await recording.follow().catch(() => undefined);
    const old = recordedIn(recording.config, args[1]);
    if (old === undefined) {
      throw new ProblemError({
        code: 'nothing-recorded',
        message: t('This evaluation has no answers of a model that could be replaced.'),
        action: t('Choose one in which a fine-tuned model was asked.'),
      });
    }
    const title = t('Evaluate a Replacement of {0}', old.label);
    const target = await chooseTarget(services, title);
    const margin = await askMargin(services, title, recording, old);
    const planned = planReplacement({
      recording,
      old: old.id,
      by: { label: target.label, model: target.model, connectionId: target.connection.id },
      margin,
      id: newIntentId(),
      concurrency: evaluationConcurrency(),
      deadlineMs: rowDeadlineMs(),
    });
    if (!planned.ok) throw new ProblemError(planned.error);
    const { config, items } = planned.value;
    await ensureOwnKey(services, target.connection);
    const usd = await confirmResume(services, {
      config,
      items,
      contestants: config.contestants,
      openItems: (id) => (config.contestants.some((one) => one.id === id && one.recorded === undefined) ? items : []),
      status: 'new',
    });
    await startPrepared(services, planned.value, usd);
  } finally {
    services.runs.close(recording);
  }
}

/** The model of a run that could be replaced: the named one, else the one that the run is about. */
function recordedIn(config: RunConfig, model: unknown): Contestant | undefined {
  const asked = config.contestants.filter((one) => one.model !== undefined && one.recorded === undefined);
  if (typeof model === 'string') return asked.find((one) => one.model === model);
  const subject = subjectOf(config.contestants, baselineOf(config));
  return asked.find(({ id }) => id === subject?.id) ?? asked[0];
}

/** Asks for the margin, in the unit of the metric; shares in percentage points. */
async function askMargin(
  { ui }: Pick<EvaluateServices, 'ui'>,
  title: string,
  recording: Pick<EvaluationRun, 'config' | 'items' | 'rows'>,
  old: Contestant,
): Promise<number> {
  const { config, items, rows } = recording;
  const metric = replacementMetric(config.grader, primaryOf(config));
  const isShare = metric !== 'mae';
  const judgment = await judgeSliced(config, items, rows);
  const figure = judgment.contestants.find(({ contestant }) => contestant === old.id)?.metrics[metric]?.value ?? null;
  const proposed = isShare ? PROPOSED_SHARE * 100 : figure === null ? null : Number((figure * PROPOSED).toPrecision(2));
  const typed = await ui.input({
    title,
    prompt: isShare
      ? t(
          'Equal to within how many percentage points of {0}? Name it before the answers are known.',
          metricName(metric),
        )
      : t('Equal to within how much {0}? Name it before the answers are known.', metricName(metric)),
    value: proposed === null ? '' : String(proposed),
    ignoreFocusOut: true,
    validateInput: (value) => (marginOf(value) === null ? t('Enter a number above zero.') : null),
  });
  const margin = typed === undefined ? null : marginOf(typed);
  if (margin === null) throw new Cancelled();
  return isShare ? margin / 100 : margin;
}

function marginOf(typed: string): number | null {
  const value = Number(typed.trim().replace(',', '.'));
  return typed.trim() !== '' && Number.isFinite(value) && value > 0 ? value : null;
}
