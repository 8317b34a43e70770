import { t, tn } from '../../src/core/base/messages.ts';
import { dollars } from '../../src/core/cost/estimate.ts';
import { isTerminal } from '../../src/core/training/job.ts';
import type { MetricColumns } from '../../src/core/training/curves/columns.ts';
import type { Hint } from '../../src/core/training/verdict/hints.ts';
import type { VerdictMark } from '../../src/core/training/verdict/runVerdicts.ts';
import type { JobPanelState } from '../../src/protocol/jobPanel.ts';
import { linkButton } from '../components.ts';
import type { Child } from '../dom.ts';
import { visibleLine } from '../visibleText.ts';
import { VerdictSection } from './curves/verdictSection.ts';
import { metricLabel } from './curves/words.ts';
import type { ViewContext } from './parts.ts';

/** Sentences about the curves of a job, and what follows from them. */
export class JobVerdicts {
  readonly #curve: MetricColumns;
  readonly #post: ViewContext['post'];
  readonly #section: VerdictSection;
  #job: JobPanelState | null = null;

  constructor(curve: MetricColumns, post: ViewContext['post'], onMarks: (marks: readonly VerdictMark[]) => void) {
    this.#curve = curve;
    this.#post = post;
    this.#section = new VerdictSection({
      onMarks: (marks) => {
        onMarks([...marks.values()].flat());
      },
      onExplain: () => {
        post({ type: 'explainVerdicts' });
      },
      textOf: (hint) => (this.#job === null ? null : textOf(hint, this.#job)),
      actionsOf: (hint) => this.#actionsOf(hint),
    });
  }

  get element(): HTMLElement {
    return this.#section.element;
  }

  update(job: JobPanelState): void {
    this.#job = job;
    this.#section.update([
      {
        id: job.jobId,
        name: job.title,
        curve: this.#curve,
        isLive: !isTerminal(job.status),
        totalSteps: job.totalSteps,
        epochs: job.scale.epochs,
        batchSize: job.scale.batchSize,
        checkpoints: job.checkpoints.map(({ step }) => step),
      },
    ]);
  }

  #actionsOf(hint: Hint): readonly Child[] {
    switch (hint.code) {
      case 'earlier-checkpoint':
        if (this.#job?.canCancel === true)
          return [
            linkButton(t('Cancel Job…'), () => {
              this.#post({ type: 'cancelJob' });
            }),
          ];
        return [
          linkButton(t('Evaluate Both…'), () => {
            this.#post({ type: 'evaluateBoth', step: hint.checkpoint });
          }),
        ];
      case 'fewer-epochs':
        return [
          linkButton(t('Start Job Again…'), () => {
            this.#post({ type: 'startAgain', epochs: hint.epochs });
          }),
        ];
      case 'more-data':
        return [];
    }
  }
}

/** Text of a hint; null where the job cannot do what it suggests. */
function textOf(hint: Hint, job: JobPanelState): string | null {
  const series = visibleLine(metricLabel(hint.series));
  if (!isTerminal(job.status)) {
    if (hint.code !== 'earlier-checkpoint' || !job.stopOffer || !job.canCancel) return null;
    return offerText(hint, job, series);
  }
  switch (hint.code) {
    case 'earlier-checkpoint':
      return job.canEvaluate
        ? t(
            'The {0} has been getting worse since step {1}: the checkpoint at step {2} may be the better model.',
            series,
            hint.since,
            hint.checkpoint,
          )
        : null;
    case 'fewer-epochs':
      return tn(
        hint.epochs,
        'The {1} has been getting worse since step {2}: {0} epoch may be enough.',
        'The {1} has been getting worse since step {2}: {0} epochs may be enough.',
        series,
        hint.since,
      );
    case 'more-data':
      return t(
        'Training goes on improving where validation has stopped, since step {0}: more epochs of these rows do not help, other rows may.',
        hint.since,
      );
  }
}

function offerText(
  { checkpoint, since }: Extract<Hint, { code: 'earlier-checkpoint' }>,
  { step, totalSteps, stopOffer }: JobPanelState,
  series: string,
): string {
  const usd = stopOffer?.usd ?? null;
  const left = step === null || totalSteps === null ? null : Math.max(0, 1 - step / totalSteps);
  const saved = usd === null || left === null ? 0 : usd * left;
  return saved >= 0.01
    ? t(
        'The {0} has been getting worse since step {1}, seen twice: cancel the job and keep the checkpoint at step {2}? That saves about {3}.',
        series,
        since,
        checkpoint,
        dollars(saved),
      )
    : t(
        'The {0} has been getting worse since step {1}, seen twice: cancel the job and keep the checkpoint at step {2}?',
        series,
        since,
        checkpoint,
      );
}
