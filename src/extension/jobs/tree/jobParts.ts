// Parts of a job in the tree: its model, details, events, checkpoints and files.
import path from 'node:path';
import * as vscode from 'vscode';
import { listOf, t, tn } from '../../../core/base/messages.ts';
import { count } from '../../../core/base/numbers.ts';
import { clock } from '../../../core/base/times.ts';
import { untrustedText } from '../../../core/base/untrustedText.ts';
import { formatLoss } from '../../../core/training/words/describe.ts';
import { eventSentence } from '../../../core/training/words/eventLog.ts';
import type { JobEvent } from '../../../core/training/job.ts';
import { parseModelName } from '../../../core/training/modelName.ts';
import type { JobRecord } from '../../../jobs/store/jobRecord.ts';
import type { JobRef } from '../jobRef.ts';
import { COMMANDS } from '../../contributions.ts';
import { complaintOf, sourceChange } from '../documents/complaints.ts';
import { resultFileUri } from '../documents/resultFiles.ts';
import { hyperparametersInWords } from '../../../core/training/words/hyperparametersText.ts';
import type { JobConnection } from './jobItems.ts';

/** Events shown at once; older ones are one level down, so that a job of 25,000 steps does not stall the view. */
const EVENTS_A_PAGE = 100;

export type Group = 'details' | 'events' | 'checkpoints' | 'files' | 'model';

export type PartNode =
  | ({ readonly kind: 'group'; readonly group: Group } & JobRef)
  | ({ readonly kind: 'olderEvents'; readonly from: number } & JobRef)
  | ({ readonly kind: 'leaf'; readonly item: vscode.TreeItem } & JobRef);

export function groupsOf({ job }: JobRecord): readonly Group[] {
  return [...(job.fineTunedModel === null ? [] : ['model' as const]), 'details', 'events', 'checkpoints', 'files'];
}

export function groupItem(group: Group, record: JobRecord): vscode.TreeItem {
  const { job } = record;
  const make = (label: string, iconId: string, description: string): vscode.TreeItem => {
    const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.Collapsed);
    item.id = `${group} ${record.connectionId} ${job.id}`;
    item.iconPath = new vscode.ThemeIcon(iconId);
    item.description = description;
    return item;
  };
  switch (group) {
    case 'model': {
      const item = make(t('Fine-tuned model'), 'symbol-class', untrustedText(job.fineTunedModel ?? '', [], 200));
      item.contextValue = 'model';
      return item;
    }
    case 'details':
      return make(
        t('Details'),
        'info',
        `${untrustedText(job.model, [], 100)} · ${hyperparametersInWords(job.hyperparameters)}`,
      );
    case 'events': {
      const { toldLength } = record.events;
      const [newest] = record.events.told(0, 1);
      const item = make(
        t('Events'),
        'list-unordered',
        [count(toldLength), newest ? eventSentence(newest, 120) : ''].filter(Boolean).join(' · '),
      );
      item.contextValue = 'events';
      return item;
    }
    case 'checkpoints': {
      const item = make(t('Checkpoints'), 'milestone', count(record.checkpoints.length));
      if (record.checkpoints.length === 0) item.collapsibleState = vscode.TreeItemCollapsibleState.None;
      return item;
    }
    case 'files':
      return make(t('Files'), 'files', listOf(fileKinds(record)));
  }
}

export async function groupChildren(
  group: Group,
  record: JobRecord,
  ref: JobRef,
  connection: JobConnection,
): Promise<PartNode[]> {
  switch (group) {
    case 'details':
      return details(record, ref, connection);
    case 'events':
      return eventNodes(record, ref, 0);
    case 'checkpoints':
      return checkpoints(record, ref);
    case 'files':
      return files(record, ref);
    case 'model':
      return modelParts(record, ref);
  }
}

export function olderEventsItem(record: JobRecord | undefined, from: number): vscode.TreeItem {
  const item = new vscode.TreeItem(t('Older events'), vscode.TreeItemCollapsibleState.Collapsed);
  item.description = count((record?.events.toldLength ?? 0) - from);
  item.iconPath = new vscode.ThemeIcon('history');
  return item;
}

/** Item for the line that the provider complained about, the first under a failed job. */
export function failedLine(record: JobRecord, ref: JobRef): PartNode[] {
  const complaint = complaintOf(record);
  if (complaint === null) return [];
  return [
    leaf(ref, t('Go to failing line'), untrustedText(complaint, [], 140), {
      iconPath: new vscode.ThemeIcon('go-to-file', new vscode.ThemeColor('testing.iconFailed')),
      command: { command: COMMANDS.openFailedLine, title: t('Go to Failing Line'), arguments: [ref] },
    }),
  ];
}

function leaf(ref: JobRef, label: string, description: string, options: Partial<vscode.TreeItem> = {}): PartNode {
  // A text of nothing but hidden characters would be an invisible row.
  const item = new vscode.TreeItem(label || t('(no text)'));
  item.description = description;
  item.tooltip = t('{0}: {1}', label, description);
  Object.assign(item, options);
  return { kind: 'leaf', item, ...ref };
}

async function details(record: JobRecord, ref: JobRef, connection: JobConnection): Promise<PartNode[]> {
  // Loaded with the panel: a part of their own would cost activation more than it saves.
  const { detailRows } = await import('../panel/jobPanel.ts');
  return detailRows(record, connection).flatMap(([label, value]) =>
    value === null || value === '' ? [] : [leaf(ref, label, untrustedText(value, [], 512))],
  );
}

export function eventNodes(record: JobRecord, ref: JobRef, from: number): PartNode[] {
  const { events } = record;
  const steps = events.length - events.toldLength;
  const shown = events.told(from, from + EVENTS_A_PAGE).map((event) => eventLeaf(event, ref));
  if (from === 0 && steps > 0) shown.unshift(stepsLeaf(steps, ref));
  if (events.toldLength <= from + EVENTS_A_PAGE) return shown;
  return [...shown, { kind: 'olderEvents', from: from + EVENTS_A_PAGE, ...ref }];
}

function stepsLeaf(steps: number, ref: JobRef): PartNode {
  return leaf(ref, t('Steps'), tn(steps, '{0} in the log', '{0} in the log'), {
    iconPath: new vscode.ThemeIcon('graph-line'),
    tooltip: t('Opens the log, with a line for each step.'),
    command: { command: COMMANDS.showJobEvents, title: t('Show Job Events'), arguments: [ref] },
  });
}

function eventLeaf(event: JobEvent, ref: JobRef): PartNode {
  const { moderation } = event;
  const icons: Readonly<Record<string, string>> = { error: 'error', warn: 'warning', warning: 'warning' };
  const iconId = moderation
    ? moderation.flagged.length === 0
      ? 'shield'
      : 'warning'
    : (icons[event.level] ?? (event.metrics ? 'graph-line' : 'circle-small'));
  return leaf(ref, eventSentence(event, 300), clock(event.createdAt), { iconPath: new vscode.ThemeIcon(iconId) });
}

function checkpoints(record: JobRecord, ref: JobRef): PartNode[] {
  return record.checkpoints.map((checkpoint) => {
    const loss = checkpoint.metrics.fullValidLoss ?? checkpoint.metrics.validLoss ?? checkpoint.metrics.trainLoss;
    return leaf(
      ref,
      t('Step {0}', checkpoint.step),
      [untrustedText(checkpoint.model, [], 200), loss === null ? '' : t('loss {0}', formatLoss(loss))]
        .filter(Boolean)
        .join(' · '),
      { iconPath: new vscode.ThemeIcon('milestone') },
    );
  });
}

function fileKinds({ job }: JobRecord): readonly string[] {
  return [
    ...(job.trainingFile === '' ? [] : [t('training')]),
    ...(job.validationFile === null ? [] : [t('validation')]),
    ...(job.resultFiles.length > 0 ? [t('results')] : []),
  ];
}

async function files(record: JobRecord, ref: JobRef): Promise<PartNode[]> {
  const { job, local } = record;
  const id = (fileId: string): string => untrustedText(fileId, [], 100);
  const dataset = (fileId: string, copy: string | null, role: 'training' | 'validation'): PartNode =>
    leaf(
      ref,
      role === 'training' ? t('Training file') : t('Validation file'),
      local.deletedFiles.includes(fileId) ? `${id(fileId)} · ${t('deleted at the provider')}` : id(fileId),
      {
        iconPath: new vscode.ThemeIcon('file'),
        tooltip:
          copy === null
            ? t('The file as uploaded. This machine has no copy: it is downloaded from the provider when you open it.')
            : t('The file as uploaded.'),
        command: { command: COMMANDS.openTrainingFile, title: t('Open'), arguments: [ref, role] },
      },
    );
  const changed = await sourceChange(record);
  return [
    ...(job.trainingFile === '' ? [] : [dataset(job.trainingFile, local.trainingPath, 'training')]),
    ...(job.validationFile === null ? [] : [dataset(job.validationFile, local.validationPath, 'validation')]),
    ...(local.sourcePath === null
      ? []
      : [
          leaf(
            ref,
            t('Dataset'),
            [
              untrustedText(path.basename(local.sourcePath), [], 120),
              ...(changed === null ? [] : [t('changed since')]),
            ].join(' · '),
            {
              iconPath: new vscode.ThemeIcon(changed === null ? 'file-symlink-file' : 'warning'),
              tooltip: changed ?? untrustedText(local.sourcePath, [], 600),
              command: { command: 'vscode.open', title: t('Open'), arguments: [vscode.Uri.file(local.sourcePath)] },
            },
          ),
        ]),
    ...job.resultFiles.map((fileId) =>
      leaf(ref, t('Results'), id(fileId), {
        iconPath: new vscode.ThemeIcon('file'),
        tooltip: t('Metrics of every step, as the provider reported them'),
        command: {
          command: 'vscode.open',
          title: t('Open'),
          arguments: [resultFileUri(ref.connectionId, job.id, fileId)],
        },
      }),
    ),
  ];
}

function modelParts(record: JobRecord, ref: JobRef): PartNode[] {
  const name = parseModelName(record.job.fineTunedModel ?? '');
  const rows: (readonly [string, string | null])[] = [
    [t('Base'), name.base],
    [t('Organization'), name.organization],
    [t('Suffix'), name.suffix],
    [t('ID'), name.id],
  ];
  return rows.flatMap(([label, value]) =>
    value === null || value === '' ? [] : [leaf(ref, label, untrustedText(value, [], 200))],
  );
}
