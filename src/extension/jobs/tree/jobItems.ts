// A job as an item of a tree. Everything a server wrote is made inert here; nothing is Markdown.
import * as vscode from 'vscode';
import { t } from '../../../core/base/messages.ts';
import { hourAndMinute } from '../../../core/base/times.ts';
import type { Connection } from '../../../core/provider/connection.ts';
import { profileOf } from '../../../core/provider/profiles.ts';
import { deadlineBadge, deadlineOf, deadlineSentence, isUrgent } from '../../../core/provider/deadlines.ts';
import { untrustedText } from '../../../core/base/untrustedText.ts';
import {
  formatAgo,
  formatDuration,
  jobStatusWord,
  jobTitle,
  statusLine,
  timeLeft,
} from '../../../core/training/words/describe.ts';
import { isTerminal } from '../../../core/training/job.ts';
import { costInWords } from '../../../core/training/jobCost.ts';
import { wandbRunUrl } from '../../../core/training/wandbUrl.ts';
import type { JobRecord } from '../../../jobs/store/jobRecord.ts';
import type { UnfinishedStart } from '../../../jobs/start/recovery.ts';
import { stageInWords } from '../../fineTuning/starts.ts';
import { COMMANDS } from '../../contributions.ts';
import { isOpenWeightsTuned } from '../../models/openWeightsTuned.ts';
import { complaintOf } from '../documents/complaints.ts';
import { canPause, canResume, costOf, isOwnJob, isUnderWay } from '../jobState.ts';

/** Known facts about a job's connection; undefined when the connection was removed. */
export type JobConnection = Pick<Connection, 'kind' | 'baseUrl' | 'name' | 'retirements'> | undefined;

function icon(record: JobRecord): vscode.ThemeIcon {
  const themed = (id: string, colour: string): vscode.ThemeIcon =>
    new vscode.ThemeIcon(id, new vscode.ThemeColor(colour));
  if (record.gone) return themed('question', 'disabledForeground');
  switch (record.job.status) {
    case 'succeeded':
      return themed('check', 'testing.iconPassed');
    case 'failed':
      return themed('error', 'testing.iconFailed');
    case 'cancelled':
      return themed('circle-slash', 'disabledForeground');
    case 'queued':
    case 'validating_files':
      return themed('clock', 'charts.blue');
    case 'paused':
      return themed('debug-pause', 'charts.yellow');
    case 'running':
      return themed('loading~spin', 'charts.blue');
    default:
      // An unknown status may mean anything: the icon does not claim that the job is running.
      return themed('circle-outline', 'charts.yellow');
  }
}

/** Words that menu conditions look for (`viewItem =~ /\bactive\b/`). */
export function jobContext(record: JobRecord, connection: JobConnection): string {
  const { job, local } = record;
  const own = isOwnJob(record);
  const words: readonly (readonly [string, boolean])[] = [
    ['job', true],
    [own ? 'own' : 'foreign', true],
    ['active', own && isUnderWay(record)],
    ['pausable', own && canPause(record)],
    ['paused', own && canResume(record)],
    ['hasModel', job.fineTunedModel !== null],
    ['exportable', connection !== undefined && isOpenWeightsTuned(connection, job.fineTunedModel ?? '')],
    ['hasResults', job.resultFiles.length > 0 && !record.gone],
    ['hasFile', job.trainingFile !== ''],
    ['deletable', own && canDeleteFile(record)],
    ['failedLine', complaintOf(record) !== null],
    ['wandb', wandbRunUrl(job, record.events) !== null],
    ['dashboard', connection !== undefined && profileOf(connection.kind).dashboard !== null],
    ['ending', deadlineWords(record, connection, Date.now()).length > 0],
    [local.hidden ? 'hidden' : 'shown', true],
  ];
  return words.flatMap(([word, applies]) => (applies ? [word] : [])).join(' ');
}

function canDeleteFile({ job, local }: JobRecord): boolean {
  return job.trainingFile !== '' && isTerminal(job.status) && !local.deletedFiles.includes(job.trainingFile);
}

export function jobItem(record: JobRecord, connection: JobConnection, now = Date.now()): vscode.TreeItem {
  const { job, local } = record;
  const title = jobTitle(job, local.name);
  const item = new vscode.TreeItem(title, vscode.TreeItemCollapsibleState.Collapsed);
  item.id = `job ${record.connectionId} ${job.id}`;
  item.description = [
    record.gone ? t('no longer at the provider') : statusLine(record, now / 1000),
    ...deadlineWords(record, connection, now),
    ...(local.hidden ? [t('hidden')] : []),
  ].join(' · ');
  item.iconPath = icon(record);
  item.tooltip = jobTooltip(record, connection, now);
  item.contextValue = jobContext(record, connection);
  item.command = {
    command: COMMANDS.openJob,
    title: t('Open Charts'),
    arguments: [{ connectionId: record.connectionId, jobId: job.id }],
  };
  item.accessibilityInformation = { label: `${title}, ${jobStatusWord(job.status)}, ${item.description}` };
  return item;
}

/** Days left for a job whose model is near its end; empty for every other job, where they would be noise. */
export function deadlineWords({ job }: JobRecord, connection: JobConnection, now: number): readonly string[] {
  if (job.fineTunedModel === null || connection === undefined) return [];
  const deadline = deadlineOf(connection, job.fineTunedModel, now);
  return deadline !== null && (isUrgent(deadline) || deadline.daysLeft <= 0) ? [deadlineBadge(deadline)] : [];
}

/** Facts about a job as plain text, one per line. */
export function jobTooltip(record: JobRecord, connection: JobConnection, now = Date.now()): string {
  const { job, local } = record;
  const left = timeLeft(record, now / 1000);
  const deadline = job.fineTunedModel === null || !connection ? null : deadlineOf(connection, job.fineTunedModel, now);
  const cost = costInWords(costOf(record, connection), local.priceEstimate);
  const lines = [
    jobTitle(job, local.name),
    `${jobStatusWord(job.status)} · ${job.model} · ${job.id}`,
    job.error === null ? '' : job.error.message,
    left === null ? '' : t('{0} left, done about {1}', formatDuration(left), hourAndMinute(now / 1000 + left)),
    cost === null ? '' : t('Price: {0}', cost),
    deadline === null ? '' : deadlineSentence(deadline),
    record.gone ? t('The provider no longer knows this job. Its last known state is kept on this machine.') : '',
    isOwnJob(record) ? '' : t('Started with another tool. Choose Manage Job Here to pause or cancel it from here.'),
  ];
  return lines.flatMap((line) => (line === '' ? [] : [untrustedText(line, [], 300)])).join('\n');
}

/** An interrupted start as an item of the tree. */
export function startItem(start: UnfinishedStart | undefined, now = Date.now()): vscode.TreeItem {
  const item = new vscode.TreeItem(untrustedText(start?.name ?? '', [], 80) || t('Job start'));
  if (!start) return item;
  item.id = `start ${start.intentId}`;
  item.iconPath = new vscode.ThemeIcon('debug-disconnect', new vscode.ThemeColor('charts.yellow'));
  item.description = stageInWords(start);
  item.tooltip = [
    `${untrustedText(start.name, [], 80)} · ${untrustedText(start.model, [], 100)}`,
    t('Started {0}: {1}.', formatAgo((now - start.startedAt) / 1000), stageInWords(start)),
    t('Select it to resume where it stopped.'),
  ].join('\n');
  item.contextValue = 'start';
  item.command = { command: COMMANDS.resumeStart, title: t('Resume'), arguments: [start.intentId] };
  return item;
}
