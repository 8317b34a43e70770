import * as vscode from 'vscode';
import { dayInWords, deadlineOf, isUrgent } from '../../core/provider/deadlines.ts';
import { jobTitle } from '../../core/training/words/describe.ts';
import { notifyDeadlines } from '../config.ts';
import { SETTINGS, VIEWS } from '../contributions.ts';
import { inert } from '../ui/errors.ts';
import type { Services } from '../services.ts';

const TOLD = 'deadlinesTold';

/** Says once of each fine-tuned model that its end is near; several at once make one message. Nothing is asked for it. */
export class DeadlineNotices {
  readonly #services: Pick<Services, 'connections' | 'jobs' | 'context' | 'ui'>;
  #looking: Promise<void> = Promise.resolve();

  constructor(services: Pick<Services, 'connections' | 'jobs' | 'context' | 'ui'>) {
    this.#services = services;
  }

  /** To be called when somebody looks at models or jobs. */
  look(): void {
    this.#looking = this.#looking.then(() => this.#look()).catch(() => undefined);
  }

  async #look(): Promise<void> {
    if (!notifyDeadlines()) return;
    const { connections, context, jobs, ui } = this.#services;
    await jobs.load();
    const told = context.globalState.get<readonly string[]>(TOLD) ?? [];
    const all = await connections.list();
    const due = jobs.list().flatMap(({ connectionId, job, local, gone }) => {
      const connection = all.find(({ id }) => id === connectionId);
      if (!connection || gone || job.fineTunedModel === null) return [];
      const deadline = deadlineOf(connection, job.fineTunedModel, Date.now());
      if (!deadline || !isUrgent(deadline)) return [];
      const key = `${connectionId} ${job.fineTunedModel} ${deadline.date}`;
      return told.includes(key) ? [] : [{ key, deadline, title: jobTitle(job, local.name) }];
    });
    const [first] = [...due].sort((a, b) => a.deadline.daysLeft - b.deadline.daysLeft);
    if (!first) return;
    // Before it is shown: a message that was not closed must not come again either.
    await context.globalState.update(TOLD, [...told, ...due.map(({ key }) => key)]);
    const { daysLeft, date } = first.deadline;
    const names = due.slice(0, 3).map(({ title }) => title);
    const more = due.length - names.length;
    const who = `${names.join(', ')}${more > 0 ? ` and ${String(more)} more` : ''}`;
    const when = `on ${dayInWords(date)}, ${daysLeft === 1 ? 'tomorrow' : `in ${String(daysLeft)} days`}`;
    const text =
      due.length === 1
        ? `The fine-tuned model ${who} ends ${when}, with the model it was tuned from.`
        : `Fine-tuned models end with the models they were tuned from, the first ${when}: ${who}.`;
    // Not awaited: it may stand there for days.
    void ui.notify('information', inert(text), 'Show Models', 'Settings').then((choice) => {
      if (choice === 'Show Models') void vscode.commands.executeCommand(`${VIEWS.models}.focus`);
      if (choice === 'Settings') {
        void vscode.commands.executeCommand('workbench.action.openSettings', SETTINGS.notifyDeadlines);
      }
    });
  }
}
