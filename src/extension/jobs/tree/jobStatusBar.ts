import * as vscode from 'vscode';
import { t, tn } from '../../../core/base/messages.ts';
import { untrustedText } from '../../../core/base/untrustedText.ts';
import { formatDuration, jobTitle, statusLine, timeLeft } from '../../../core/training/words/describe.ts';
import { isTerminal } from '../../../core/training/job.ts';
import type { JobRecord } from '../../../jobs/store/jobRecord.ts';
import { VIEWS } from '../../contributions.ts';
import { plainText } from '../../ui/plainText.ts';
import type { Services } from '../../services.ts';

/** Milliseconds between redraws while nothing is reported: the time left runs down all the same. */
const TICK_MS = 5000;
const REDRAW_MS = 500;

/** Status bar item while jobs run: how many, and when the next of them will be done. */
export class JobStatusBar {
  readonly #jobs: Services['jobs'];
  readonly #item = vscode.window.createStatusBarItem('tuningFork.jobs', vscode.StatusBarAlignment.Left, 0);
  readonly #subscription: { dispose(): void };
  #redraw: NodeJS.Timeout | undefined;
  /** Time of the planned drawing, by the monotonic clock. */
  #due = 0;

  constructor({ jobs }: Pick<Services, 'jobs'>) {
    this.#jobs = jobs;
    this.#item.name = t('Tuning Fork: Running Jobs');
    this.#item.command = `${VIEWS.jobs}.focus`;
    this.#subscription = jobs.onDidChange(() => {
      this.#later(REDRAW_MS);
    });
  }

  dispose(): void {
    clearTimeout(this.#redraw);
    this.#subscription.dispose();
    this.#item.dispose();
  }

  /** Draws after so long, or sooner when that is planned already: the end of a job does not wait for the next tick. */
  #later(ms: number): void {
    const due = performance.now() + ms;
    if (this.#redraw !== undefined && this.#due <= due) return;
    clearTimeout(this.#redraw);
    this.#due = due;
    this.#redraw = setTimeout(() => {
      this.#redraw = undefined;
      this.#draw();
    }, ms);
  }

  #draw(): void {
    const running = this.#jobs
      .list()
      .filter(({ job, gone, local }) => !isTerminal(job.status) && !gone && !local.hidden);
    if (running.length === 0) {
      this.#item.hide();
      return;
    }
    const now = Date.now() / 1000;
    this.#item.text = statusText(running, now);
    this.#item.tooltip = statusTooltip(running, now);
    this.#item.accessibilityInformation = { label: statusText(running, now).replace(/^\$\([^)]*\) /, '') };
    this.#item.show();
    this.#later(TICK_MS);
  }
}

/** `$(sync~spin) 2 jobs · 4 min left`; the name instead of the number for a single job. */
export function statusText(running: readonly JobRecord[], now: number): string {
  const [first] = running;
  const name =
    running.length === 1 && first
      ? plainText(untrustedText(jobTitle(first.job, first.local.name), [], 30))
      : tn(running.length, '{0} job', '{0} jobs');
  const left = running.flatMap((record) => timeLeft(record, now) ?? []);
  const nearest = left.length === 0 ? '' : ` · ${t('{0} left', formatDuration(Math.min(...left)))}`;
  const icon = running.some(({ job }) => job.status !== 'paused') ? '$(sync~spin)' : '$(debug-pause)';
  return `${icon} ${name}${nearest}`;
}

export function statusTooltip(running: readonly JobRecord[], now: number): string {
  const shown = running
    .slice(0, 10)
    .map((record) => t('{0}: {1}', jobTitle(record.job, record.local.name), statusLine(record, now)));
  const more = running.length - shown.length;
  return plainText(shown.join(' ⏎ '))
    .split(' ⏎ ')
    .concat(more > 0 ? [tn(more, 'and {0} more', 'and {0} more')] : [])
    .join('\n');
}
