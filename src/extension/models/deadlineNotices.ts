import * as vscode from 'vscode';
import { listOf, t, tn } from '../../core/base/messages.ts';
import { dayInWords, deadlineOf, isUrgent } from '../../core/provider/deadlines.ts';
import { jobTitle } from '../../core/training/words/describe.ts';
import { notifyDeadlines } from '../config.ts';
import { COMMANDS, SETTINGS, VIEWS } from '../contributions.ts';
import { inert } from '../ui/errors.ts';
import type { Services } from '../services.ts';

const TOLD = 'deadlinesTold';

/** Notifies once about each fine-tuned model that will soon be retired, with one message for several; sends no request. */
export class DeadlineNotices {
  readonly #services: Pick<Services, 'connections' | 'jobs' | 'context' | 'ui'>;
  #looking: Promise<void> = Promise.resolve();

  constructor(services: Pick<Services, 'connections' | 'jobs' | 'context' | 'ui'>) {
    this.#services = services;
  }

  /** Called when the Models or the Jobs view becomes visible. */
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
      return told.includes(key) ? [] : [{ key, deadline, connectionId, title: jobTitle(job, local.name) }];
    });
    const [first] = [...due].sort((a, b) => a.deadline.daysLeft - b.deadline.daysLeft);
    if (!first) return;
    // Stored before the message appears: one that was not closed must not appear again either.
    await context.globalState.update(TOLD, [...told, ...due.map(({ key }) => key)]);
    const { daysLeft, date } = first.deadline;
    const names = due.slice(0, 3).map(({ title }) => title);
    const more = due.length - names.length;
    const models = listOf(more > 0 ? [...names, tn(more, '{0} more', '{0} more')] : names);
    const text =
      due.length === 1
        ? tn(
            daysLeft,
            'The fine-tuned model {1} will be retired with its base model in {0} day, on {2}.',
            'The fine-tuned model {1} will be retired with its base model in {0} days, on {2}.',
            models,
            dayInWords(date),
          )
        : tn(
            daysLeft,
            'Fine-tuned models will be retired with their base models, the first in {0} day, on {2}: {1}.',
            'Fine-tuned models will be retired with their base models, the first in {0} days, on {2}: {1}.',
            models,
            dayInWords(date),
          );
    const [leave, showModels, settings] = [t('Leave This Provider…'), t('Show Models'), t('Settings')];
    // Not awaited: the notification may stay open for days.
    void ui.notify('information', inert(text), leave, showModels, settings).then((choice) => {
      if (choice === leave) void vscode.commands.executeCommand(COMMANDS.leaveProvider, first.connectionId);
      if (choice === showModels) void vscode.commands.executeCommand(`${VIEWS.models}.focus`);
      if (choice === settings) {
        void vscode.commands.executeCommand('workbench.action.openSettings', SETTINGS.notifyDeadlines);
      }
    });
  }
}
