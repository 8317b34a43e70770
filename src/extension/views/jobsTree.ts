import path from 'node:path';
import * as vscode from 'vscode';
import type { Connection } from '../../core/connection.ts';
import { hostOf } from '../../core/connectionRules.ts';
import { untrustedText } from '../../core/redact.ts';
import { formatLoss, jobTitle, statusLine } from '../../core/training/describe.ts';
import { isTerminal, type JobEvent } from '../../core/training/job.ts';
import { parseModelName } from '../../core/training/modelName.ts';
import type { JobRecord } from '../../jobs/jobRecord.ts';
import type { ConnectionStore } from '../connections.ts';
import { COMMANDS, VIEWS } from '../contributions.ts';
import type { JobRef } from '../commands/jobActions.ts';
import { resultFileUri } from '../documents/resultFiles.ts';
import type { Services } from '../services.ts';
import { hyperparametersInWords } from '../wizard/tuningPlan.ts';

/** Events shown at once; older ones are one level down, so that a job of 25,000 steps does not stall the view. */
const EVENTS_A_PAGE = 100;
/** Two redraws a second are live enough and leave the thread alone. */
const REDRAW_MS = 500;

type Group = 'details' | 'events' | 'checkpoints' | 'files' | 'model';

export type JobNode =
  | { readonly kind: 'connection'; readonly connection: Connection; readonly connectionId: string; readonly id: string }
  | ({ readonly kind: 'job' } & JobRef)
  | ({ readonly kind: 'group'; readonly group: Group } & JobRef)
  | ({ readonly kind: 'olderEvents'; readonly from: number } & JobRef)
  | ({ readonly kind: 'leaf'; readonly item: vscode.TreeItem } & JobRef);

export class JobsTree implements vscode.TreeDataProvider<JobNode> {
  readonly #services: Pick<Services, 'jobs' | 'watch'> & { readonly connections: ConnectionStore };
  readonly #changed = new vscode.EventEmitter<JobNode | undefined>();
  // VS Code tells nodes apart by identity when one of them is to be redrawn.
  readonly #nodes = new Map<string, JobNode>();
  readonly #dirty = new Set<JobNode>();
  #redraw: NodeJS.Timeout | undefined;
  readonly view: vscode.TreeView<JobNode>;
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(services: Pick<Services, 'jobs' | 'watch'> & { readonly connections: ConnectionStore }) {
    this.#services = services;
    this.view = vscode.window.createTreeView(VIEWS.jobs, { treeDataProvider: this, showCollapseAll: true });
    services.jobs.onDidChange((change) => {
      this.#updateBadge();
      const node = this.#nodes.get(`job ${change.connectionId} ${change.jobId}`);
      if (change.added || change.record === undefined || !node) this.#refresh(undefined);
      // An end is shown at once: its notification invites to the menu of this very item.
      else if (isTerminal(change.record.job.status)) this.#changed.fire(node);
      else this.#refresh(node);
    });
    services.watch.onDidChange(() => {
      this.#refresh(undefined);
    });
    services.connections.onDidChange(() => {
      this.#refresh(undefined);
    });
    this.view.onDidChangeVisibility(({ visible }) => {
      services.watch.setVisible(visible);
      if (visible) void this.#lookAround();
    });
  }

  dispose(): void {
    clearTimeout(this.#redraw);
    this.view.dispose();
    this.#changed.dispose();
  }

  async #lookAround(): Promise<void> {
    if (!vscode.workspace.isTrusted) return;
    for (const connection of await this.#services.connections.list())
      await this.#services.watch.look(connection.id, false);
  }

  #updateBadge(): void {
    const running = this.#services.jobs
      .list()
      .filter((record) => !isTerminal(record.job.status) && !record.gone).length;
    this.view.badge =
      running > 0
        ? { value: running, tooltip: running === 1 ? '1 job is running' : `${String(running)} jobs are running` }
        : undefined;
  }

  #refresh(node: JobNode | undefined): void {
    if (node) this.#dirty.add(node);
    const draw = (): void => {
      this.#redraw = undefined;
      const nodes = [...this.#dirty];
      this.#dirty.clear();
      for (const dirty of nodes) this.#changed.fire(dirty);
    };
    if (node === undefined) {
      this.#changed.fire(undefined);
      return;
    }
    this.#redraw ??= setTimeout(draw, REDRAW_MS);
  }

  #node<N extends JobNode>(key: string, node: N): N {
    const known = this.#nodes.get(key);
    if (known && known.kind === node.kind && known.kind !== 'leaf' && known.kind !== 'connection') return known as N;
    this.#nodes.set(key, node);
    return node;
  }

  async getChildren(node?: JobNode): Promise<JobNode[]> {
    await this.#services.jobs.load();
    this.#updateBadge();
    if (!node) return this.#connections();
    if (node.kind === 'connection') {
      return this.#services.jobs.list(node.connectionId).map(({ job }) =>
        this.#node(`job ${node.connectionId} ${job.id}`, {
          kind: 'job',
          connectionId: node.connectionId,
          jobId: job.id,
        }),
      );
    }
    if (node.kind === 'leaf') return [];
    const record = this.#services.jobs.get(node.connectionId, node.jobId);
    if (!record) return [];
    const ref = { connectionId: node.connectionId, jobId: node.jobId };
    if (node.kind === 'job') return this.#groups(record, ref);
    if (node.kind === 'olderEvents') return eventNodes(record, ref, node.from);
    switch (node.group) {
      case 'details':
        return details(record, ref);
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

  getParent(node: JobNode): JobNode | undefined {
    if (node.kind === 'connection') return undefined;
    if (node.kind === 'job') return this.#nodes.get(`connection ${node.connectionId}`);
    return this.#nodes.get(`job ${node.connectionId} ${node.jobId}`);
  }

  async #connections(): Promise<JobNode[]> {
    const connections = await this.#services.connections.list();
    const jobs = this.#services.jobs.list();
    const known = new Set(connections.map((connection) => connection.id));
    // Nothing yet and nothing connected: the welcome view says what to do.
    if (connections.length === 1 && !jobs.some((record) => known.has(record.connectionId))) return [];
    return connections.map((connection) =>
      this.#node(`connection ${connection.id}`, {
        kind: 'connection',
        connection,
        connectionId: connection.id,
        id: connection.id,
      }),
    );
  }

  #groups(record: JobRecord, ref: JobRef): JobNode[] {
    const groups: Group[] = ['details', 'events', 'checkpoints', 'files'];
    if (record.job.fineTunedModel !== null) groups.unshift('model');
    return groups.map((group) =>
      this.#node(`${group} ${ref.connectionId} ${ref.jobId}`, { kind: 'group', group, ...ref }),
    );
  }

  getTreeItem(node: JobNode): vscode.TreeItem {
    switch (node.kind) {
      case 'connection':
        return this.#connectionItem(node.connection);
      case 'leaf':
        return node.item;
      case 'olderEvents': {
        const record = this.#services.jobs.get(node.connectionId, node.jobId);
        const item = new vscode.TreeItem('Older events', vscode.TreeItemCollapsibleState.Collapsed);
        item.description = String((record?.events.length ?? 0) - node.from);
        item.iconPath = new vscode.ThemeIcon('history');
        return item;
      }
      case 'job': {
        const record = this.#services.jobs.get(node.connectionId, node.jobId);
        return record ? jobItem(record) : new vscode.TreeItem(node.jobId);
      }
      case 'group': {
        const record = this.#services.jobs.get(node.connectionId, node.jobId);
        return record ? groupItem(node.group, record) : new vscode.TreeItem(node.group);
      }
    }
  }

  #connectionItem(connection: Connection): vscode.TreeItem {
    const item = new vscode.TreeItem(connection.name, vscode.TreeItemCollapsibleState.Expanded);
    item.id = `connection ${connection.id}`;
    const problem = this.#services.watch.problem(connection.id);
    const place = connection.kind === 'local' ? 'this machine' : hostOf(connection.baseUrl);
    item.description = problem ? `${place} · ${problem.message}` : place;
    item.iconPath = problem
      ? new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'))
      : new vscode.ThemeIcon(connection.kind === 'local' ? 'device-desktop' : 'cloud');
    item.tooltip = problem
      ? `${problem.message} ${problem.action}`
      : connection.baseUrl || 'Trains on this machine, free, without a key.';
    item.contextValue = connection.kind === 'local' ? 'connection' : 'connection removable';
    return item;
  }
}

function icon(record: JobRecord): vscode.ThemeIcon {
  if (record.gone) return new vscode.ThemeIcon('question', new vscode.ThemeColor('disabledForeground'));
  switch (record.job.status) {
    case 'succeeded':
      return new vscode.ThemeIcon('check', new vscode.ThemeColor('testing.iconPassed'));
    case 'failed':
      return new vscode.ThemeIcon('error', new vscode.ThemeColor('testing.iconFailed'));
    case 'cancelled':
      return new vscode.ThemeIcon('circle-slash', new vscode.ThemeColor('disabledForeground'));
    case 'queued':
    case 'validating_files':
      return new vscode.ThemeIcon('clock', new vscode.ThemeColor('charts.blue'));
    case 'paused':
      return new vscode.ThemeIcon('debug-pause', new vscode.ThemeColor('charts.yellow'));
    default:
      return new vscode.ThemeIcon('loading~spin', new vscode.ThemeColor('charts.blue'));
  }
}

function jobItem(record: JobRecord): vscode.TreeItem {
  const { job } = record;
  const title = jobTitle(job, record.local.name);
  const item = new vscode.TreeItem(title, vscode.TreeItemCollapsibleState.Collapsed);
  item.id = `job ${record.connectionId} ${job.id}`;
  item.description = record.gone ? 'no longer at the provider' : statusLine(record, Date.now() / 1000);
  item.iconPath = icon(record);
  item.tooltip = untrustedText(`${title}\n${job.status} · ${job.model} · ${job.id}`, [], 300);
  item.contextValue = [
    'job',
    ...(isTerminal(job.status) ? [] : ['active']),
    ...(job.fineTunedModel === null ? [] : ['hasModel']),
  ].join(' ');
  item.command = {
    command: COMMANDS.openJob,
    title: 'Open Charts',
    arguments: [{ connectionId: record.connectionId, jobId: job.id }],
  };
  item.accessibilityInformation = { label: `${title}, ${job.status}, ${item.description}` };
  return item;
}

function groupItem(group: Group, record: JobRecord): vscode.TreeItem {
  const { job, events } = record;
  const make = (label: string, iconId: string, description: string): vscode.TreeItem => {
    const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.Collapsed);
    item.id = `${group} ${record.connectionId} ${job.id}`;
    item.iconPath = new vscode.ThemeIcon(iconId);
    item.description = description;
    return item;
  };
  switch (group) {
    case 'model': {
      const item = make('Fine-tuned model', 'symbol-class', untrustedText(job.fineTunedModel ?? '', [], 200));
      item.contextValue = 'model';
      return item;
    }
    case 'details':
      return make('Details', 'info', `${job.model} · ${hyperparametersInWords(job.hyperparameters)}`);
    case 'events': {
      const newest = events[0];
      return make(
        'Events',
        'list-unordered',
        [String(events.length), newest ? untrustedText(newest.message, [], 120) : ''].filter(Boolean).join(' · '),
      );
    }
    case 'checkpoints': {
      const item = make('Checkpoints', 'milestone', String(record.checkpoints.length));
      if (record.checkpoints.length === 0) item.collapsibleState = vscode.TreeItemCollapsibleState.None;
      return item;
    }
    case 'files':
      return make('Files', 'files', fileKinds(record).join(', '));
  }
}

function leaf(ref: JobRef, label: string, description: string, options: Partial<vscode.TreeItem> = {}): JobNode {
  const item = new vscode.TreeItem(label);
  item.description = description;
  item.tooltip = `${label}: ${description}`;
  Object.assign(item, options);
  return { kind: 'leaf', item, ...ref };
}

function details(record: JobRecord, ref: JobRef): JobNode[] {
  const { job } = record;
  const time = (seconds: number): string => new Date(seconds * 1000).toLocaleString();
  const rows: (readonly [string, string | null])[] = [
    ['Job', job.id],
    ['Status', job.status],
    ['Problem', job.error && untrustedText(job.error.message)],
    ['Base model', job.model],
    ['Method', job.method],
    ['Epochs', String(job.hyperparameters.n_epochs)],
    ['Batch size', String(job.hyperparameters.batch_size)],
    ['Learning rate multiplier', String(job.hyperparameters.learning_rate_multiplier)],
    ['Suffix', job.suffix],
    ['Seed', job.seed === null ? null : String(job.seed)],
    ['Trained tokens', job.trainedTokens === null ? null : job.trainedTokens.toLocaleString('en-US')],
    ['Created', time(job.createdAt)],
    ['Finished', job.finishedAt === null ? null : time(job.finishedAt)],
  ];
  return rows.flatMap(([label, value]) => (value === null || value === '' ? [] : [leaf(ref, label, value)]));
}

function eventNodes(record: JobRecord, ref: JobRef, from: number): JobNode[] {
  const shown = record.events.slice(from, from + EVENTS_A_PAGE).map((event) => eventLeaf(event, ref));
  if (record.events.length <= from + EVENTS_A_PAGE) return shown;
  return [...shown, { kind: 'olderEvents', from: from + EVENTS_A_PAGE, ...ref }];
}

function eventLeaf(event: JobEvent, ref: JobRef): JobNode {
  const { moderation } = event;
  const time = new Date(event.createdAt * 1000).toLocaleTimeString();
  if (moderation) {
    const verdict =
      moderation.flagged.length === 0
        ? `passed (${String(moderation.categories)} categories)`
        : `flagged: ${moderation.flagged.map((name) => untrustedText(name, [], 60)).join(', ')}`;
    return leaf(ref, `Policy checks ${verdict}`, time, {
      iconPath: new vscode.ThemeIcon(moderation.flagged.length === 0 ? 'shield' : 'warning'),
    });
  }
  const icons: Readonly<Record<string, string>> = { error: 'error', warn: 'warning' };
  return leaf(ref, untrustedText(event.message), time, {
    iconPath: new vscode.ThemeIcon(icons[event.level] ?? (event.metrics ? 'graph-line' : 'circle-small')),
  });
}

function checkpoints(record: JobRecord, ref: JobRef): JobNode[] {
  return record.checkpoints.map((checkpoint) => {
    const loss = checkpoint.metrics.fullValidLoss ?? checkpoint.metrics.validLoss ?? checkpoint.metrics.trainLoss;
    return leaf(
      ref,
      `Step ${String(checkpoint.step)}`,
      [untrustedText(checkpoint.model, [], 200), loss === null ? '' : `loss ${formatLoss(loss)}`]
        .filter(Boolean)
        .join(' · '),
      {
        iconPath: new vscode.ThemeIcon('milestone'),
      },
    );
  });
}

function fileKinds(record: JobRecord): readonly string[] {
  const { job } = record;
  return [
    'training',
    ...(job.validationFile === null ? [] : ['validation']),
    ...(job.resultFiles.length > 0 ? ['results'] : []),
  ];
}

function files(record: JobRecord, ref: JobRef): JobNode[] {
  const { job, local } = record;
  const file = (label: string, id: string, tooltip: string, uri: vscode.Uri | null): JobNode =>
    leaf(ref, label, id, {
      iconPath: new vscode.ThemeIcon('file'),
      tooltip,
      ...(uri === null ? {} : { command: { command: 'vscode.open', title: 'Open', arguments: [uri] } }),
    });
  const dataset = (label: string, id: string, snapshot: string | null): JobNode =>
    snapshot === null
      ? file(label, id, `${label}: ${id}, uploaded elsewhere`, null)
      : file(label, id, `${label} as it was uploaded (${path.basename(snapshot)})`, vscode.Uri.file(snapshot));
  return [
    dataset('Training file', job.trainingFile, local.trainingPath),
    ...(job.validationFile === null ? [] : [dataset('Validation file', job.validationFile, local.validationPath)]),
    ...job.resultFiles.map((id) =>
      file('Results', id, 'Step by step, as the provider wrote it', resultFileUri(ref.connectionId, job.id, id)),
    ),
  ];
}

function modelParts(record: JobRecord, ref: JobRef): JobNode[] {
  const name = parseModelName(record.job.fineTunedModel ?? '');
  const rows: (readonly [string, string | null])[] = [
    ['Base', name.base],
    ['Organisation', name.organisation],
    ['Suffix', name.suffix],
    ['ID', name.id],
  ];
  return rows.flatMap(([label, value]) =>
    value === null || value === '' ? [] : [leaf(ref, label, untrustedText(value, [], 200))],
  );
}
