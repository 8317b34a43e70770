import { t } from '../../src/core/base/messages.ts';
import type { MetricColumns } from '../../src/core/training/curves/columns.ts';
import { isTerminal } from '../../src/core/training/job.ts';
import type { VerdictMark } from '../../src/core/training/verdict/runVerdicts.ts';
import type { JobPanelState } from '../../src/protocol/jobPanel.ts';
import type { ChartRun } from '../charts/curves/lines.ts';
import { el, show } from '../dom.ts';
import { CurveSection, type CurveExport } from './curves/curveSection.ts';
import { JobVerdicts } from './jobVerdicts.ts';
import { Placeholder, type ViewContext } from './parts.ts';

interface Listeners {
  readonly post: ViewContext['post'];
  readonly save: (view: unknown) => void;
  readonly onExport: (file: CurveExport) => void;
}

/** Charts of the job of a panel, or words about why there are none yet. */
export class JobChartSection {
  readonly element: HTMLElement;
  readonly #curve: MetricColumns;
  readonly #placeholder = new Placeholder();
  readonly #section: CurveSection;
  readonly #verdicts: JobVerdicts;
  #job: JobPanelState | null = null;
  #findings: readonly VerdictMark[] = [];

  constructor(curve: MetricColumns, saved: unknown, listeners: Listeners) {
    this.#curve = curve;
    this.#section = new CurveSection(saved, listeners);
    this.#verdicts = new JobVerdicts(curve, listeners.post, (marks) => {
      this.#findings = marks;
      if (this.#job) this.#section.update([this.#runOf(this.#job)]);
    });
    this.#section.verdicts.append(this.#verdicts.element);
    // Without a curve there is nothing to control.
    show(this.#section.element, false);
    this.element = el('section', { attributes: { 'aria-label': t('Metrics') } }, [
      this.#placeholder.element,
      this.#section.element,
    ]);
  }

  /** Takes the view that was kept with the job. */
  setView(view: unknown): void {
    this.#section.setView(view);
  }

  update(job: JobPanelState): void {
    this.#job = job;
    const isEmpty = this.#curve.names.length === 0;
    this.#placeholder.set(isEmpty ? waitingText(job) : null);
    show(this.#section.element, !isEmpty);
    if (isEmpty) return;
    this.#section.update([this.#runOf(job)]);
    this.#verdicts.update(job);
  }

  #runOf(job: JobPanelState): ChartRun {
    return {
      id: job.jobId,
      name: job.title,
      curve: this.#curve,
      marks: job.checkpoints,
      findings: this.#findings,
      totalSteps: job.totalSteps,
      scale: job.scale,
      unconditional: job.unconditional ?? null,
      isLive: !isTerminal(job.status),
    };
  }
}

function waitingText(job: JobPanelState): string {
  switch (job.status) {
    case 'validating_files':
      return t('The files are being checked. The curve starts with the first step of training.');
    case 'queued':
      return t('The job is waiting for its turn. The curve starts with the first step of training.');
    case 'running':
      return t('Training has begun. The curve starts with the first step that is reported.');
    case 'failed':
      return t('The job failed before its first step: there is no curve.');
    case 'cancelled':
      return t('The job was canceled before its first step: there is no curve.');
    case 'succeeded':
      return t('The job reported no metrics.');
    default:
      return t('No step has been reported yet.');
  }
}
