import * as vscode from 'vscode';
import { t, tn } from '../../../core/base/messages.ts';
import type { Connection } from '../../../core/provider/connection.ts';
import { connectionIcon, placeInWords } from '../../connections/place.ts';
import { isTerminal } from '../../../core/training/job.ts';
import {
  filterInWords,
  isFiltered,
  matchesFilter,
  NO_FILTER,
  type JobFilter,
} from '../../../core/training/jobFilter.ts';
import type { JobRecord } from '../../../jobs/store/jobRecord.ts';
import type { JobRef } from '../jobRef.ts';
import { INTERNAL, VIEWS } from '../../contributions.ts';
import type { Services } from '../../services.ts';
import { jobItem, startItem } from './jobItems.ts';
import {
  eventNodes,
  failedLine,
  groupChildren,
  groupItem,
  groupsOf,
  olderEventsItem,
  type PartNode,
} from './jobParts.ts';
import { OlderJobs } from './olderJobs.ts';

/** Milliseconds between redraws: two a second are live enough and leave the thread alone. */
const REDRAW_MS = 500;
/** Milliseconds for which "4 min ago" is true. */
const AGE_MS = 60_000;

export type JobNode =
  | { readonly kind: 'connection'; readonly connection: Connection; readonly connectionId: string; readonly id: string }
  | ({ readonly kind: 'job' } & JobRef)
  | { readonly kind: 'more'; readonly connectionId: string; readonly hidden: number }
  | { readonly kind: 'start'; readonly connectionId: string; readonly intentId: string }
  | PartNode;

type TreeServices = Pick<Services, 'jobs' | 'watch' | 'connections' | 'providers' | 'starts' | 'ui' | 'log'>;

export class JobsTree implements vscode.TreeDataProvider<JobNode> {
  readonly #services: TreeServices;
  readonly #changed = new vscode.EventEmitter<JobNode | undefined>();
  // VS Code tells nodes apart by identity when one of them is to be redrawn.
  readonly #nodes = new Map<string, JobNode>();
  readonly #dirty = new Set<JobNode>();
  readonly #older: OlderJobs;
  /** Keys of jobs that are hidden: hiding one changes the list, not its item. */
  readonly #hidden = new Set<string>();
  #filter: JobFilter = NO_FILTER;
  #connections: ReadonlyMap<string, Connection> = new Map();
  #redraw: NodeJS.Timeout | undefined;
  #redrawAll = false;
  /** Description of each job that was drawn. */
  readonly #drawn = new Map<JobNode, string>();
  readonly #age: NodeJS.Timeout;
  readonly view: vscode.TreeView<JobNode>;
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(services: TreeServices) {
    this.#services = services;
    this.#older = new OlderJobs(services);
    this.view = vscode.window.createTreeView(VIEWS.jobs, {
      treeDataProvider: this,
      showCollapseAll: true,
      canSelectMany: true,
    });
    services.jobs.onDidChange((change) => {
      this.#updateBadge();
      const key = `job ${change.connectionId} ${change.jobId}`;
      const node = this.#nodes.get(key);
      const wasHidden = this.#hidden.has(key);
      if (change.record?.local.hidden === true) this.#hidden.add(key);
      else this.#hidden.delete(key);
      const moved = change.added || change.record === undefined || wasHidden !== this.#hidden.has(key);
      if (moved || !node || isFiltered(this.#filter)) this.#refresh(undefined);
      // The end of a job is shown at once: its notification refers to the menu of this item.
      else if (isTerminal(change.record.job.status)) this.#changed.fire(node);
      else this.#refresh(node);
    });
    services.watch.onDidChange(() => {
      this.#refresh(undefined);
    });
    services.connections.onDidChange(() => {
      this.#refresh(undefined);
    });
    services.starts.onDidChange(() => {
      this.#refresh(undefined);
    });
    this.view.onDidChangeVisibility(({ visible }) => {
      services.watch.setVisible('tree', visible ? 'all' : []);
      if (visible) {
        this.#redrawAged();
        void this.#lookAround();
      }
    });
    this.#age = setInterval(() => {
      if (this.view.visible) this.#redrawAged();
    }, AGE_MS);
    this.#age.unref();
  }

  dispose(): void {
    clearTimeout(this.#redraw);
    clearInterval(this.#age);
    this.view.dispose();
    this.#changed.dispose();
  }

  get filter(): JobFilter {
    return this.#filter;
  }

  /** Sets which jobs are shown; a message above the tree tells how many. */
  setFilter(filter: JobFilter): void {
    this.#filter = filter;
    void vscode.commands.executeCommand('setContext', 'tuningFork.jobsFiltered', isFiltered(filter));
    void vscode.commands.executeCommand('setContext', 'tuningFork.hiddenJobsShown', filter.withHidden);
    this.#changed.fire(undefined);
  }

  /** Shows more jobs of a connection: first the known ones, then older ones from the provider. */
  async loadMore(connectionId: unknown): Promise<void> {
    if (typeof connectionId !== 'string') return;
    await this.#older.loadMore(connectionId, this.#shown(connectionId).length);
    this.#changed.fire(undefined);
  }

  /** Selects a job in the view, which is shown for it; nothing happens where the filter hides the job. */
  async reveal({ connectionId, jobId }: JobRef): Promise<void> {
    const parent = `connection ${connectionId}`;
    if (!this.#nodes.has(parent)) await this.getChildren();
    const isShown = this.#shown(connectionId).some(({ job }) => job.id === jobId);
    if (!isShown || !this.#nodes.has(parent)) return;
    const node = this.#node(`job ${connectionId} ${jobId}`, { kind: 'job' as const, connectionId, jobId });
    try {
      await this.view.reveal(node, { select: true, focus: true });
    } catch (error) {
      // VS Code refuses a node that a redraw has taken away in the meantime. Nothing is lost but the selection.
      this.#services.log.warn(`The job ${jobId} could not be selected in its view: ${String(error)}`);
    }
  }

  async #lookAround(): Promise<void> {
    if (!vscode.workspace.isTrusted) return;
    for (const connection of await this.#services.connections.list())
      await this.#services.watch.look(connection.id, false);
  }

  /** Redraws the jobs whose times are no longer true; the others do not move under the mouse. */
  #redrawAged(): void {
    for (const [node, drawn] of this.#drawn) {
      if (node.kind !== 'job') continue;
      const item = this.getTreeItem(node);
      if (item.description !== drawn) this.#changed.fire(node);
    }
  }

  #updateBadge(): void {
    const running = this.#services.jobs
      .list()
      .filter(({ job, gone, local }) => !isTerminal(job.status) && !gone && !local.hidden).length;
    this.view.badge =
      running > 0 ? { value: running, tooltip: tn(running, '{0} job is running', '{0} jobs are running') } : undefined;
  }

  #refresh(node: JobNode | undefined): void {
    if (node) this.#dirty.add(node);
    // Many jobs may come at once (a page of a provider's list): one redraw for all of them.
    else this.#redrawAll = true;
    this.#redraw ??= setTimeout(
      () => {
        this.#redraw = undefined;
        const nodes = this.#redrawAll ? [undefined] : [...this.#dirty];
        this.#dirty.clear();
        this.#redrawAll = false;
        for (const dirty of nodes) this.#changed.fire(dirty);
      },
      node ? REDRAW_MS : 50,
    );
  }

  #node<N extends JobNode>(key: string, node: N): N {
    const known = this.#nodes.get(key);
    if (known && known.kind === node.kind && known.kind !== 'leaf' && known.kind !== 'connection') return known as N;
    this.#nodes.set(key, node);
    return node;
  }

  /** Jobs of the connection that the filter lets through, newest first. */
  #shown(connectionId: string): readonly JobRecord[] {
    return this.#services.jobs
      .list(connectionId)
      .filter((record) => matchesFilter(record.job, record.local, this.#filter));
  }

  async getChildren(node?: JobNode): Promise<JobNode[]> {
    await this.#services.jobs.load();
    this.#updateBadge();
    if (!node) return this.#roots();
    switch (node.kind) {
      case 'connection':
        return this.#jobsOf(node.connectionId);
      case 'leaf':
      case 'more':
      case 'start':
        return [];
      default:
        break;
    }
    const record = this.#services.jobs.get(node.connectionId, node.jobId);
    if (!record) return [];
    const ref = { connectionId: node.connectionId, jobId: node.jobId };
    switch (node.kind) {
      case 'job':
        return [
          ...failedLine(record, ref),
          ...groupsOf(record).map((group) =>
            this.#node(`${group} ${ref.connectionId} ${ref.jobId}`, { kind: 'group' as const, group, ...ref }),
          ),
        ];
      case 'olderEvents':
        return eventNodes(record, ref, node.from);
      case 'group':
        return groupChildren(node.group, record, ref, this.#connections.get(node.connectionId));
    }
  }

  getParent(node: JobNode): JobNode | undefined {
    if (node.kind === 'connection') return undefined;
    if (node.kind === 'job' || node.kind === 'more' || node.kind === 'start')
      return this.#nodes.get(`connection ${node.connectionId}`);
    return this.#nodes.get(`job ${node.connectionId} ${node.jobId}`);
  }

  async #roots(): Promise<JobNode[]> {
    const connections = await this.#services.connections.list();
    this.#connections = new Map(connections.map((connection) => [connection.id, connection]));
    const jobs = this.#services.jobs.list().filter((record) => this.#connections.has(record.connectionId));
    this.#sayFilter(jobs);
    // Without jobs and connections the welcome view offers the first steps.
    if (connections.length === 1 && jobs.length === 0 && this.#services.starts.list().length === 0) return [];
    return connections.map((connection) =>
      this.#node(`connection ${connection.id}`, {
        kind: 'connection',
        connection,
        connectionId: connection.id,
        id: connection.id,
      }),
    );
  }

  #sayFilter(all: readonly JobRecord[]): void {
    if (!isFiltered(this.#filter)) {
      this.view.message = '';
      return;
    }
    const shown = all.filter((record) => matchesFilter(record.job, record.local, this.#filter)).length;
    this.view.message = tn(
      all.length,
      'Filtered by {1}: {2} of {0} job.',
      'Filtered by {1}: {2} of {0} jobs.',
      filterInWords(this.#filter),
      shown,
    );
  }

  #jobsOf(connectionId: string): JobNode[] {
    const all = this.#shown(connectionId);
    const limit = this.#older.limit(connectionId);
    const jobs = all
      .slice(0, limit)
      .map(({ job }) =>
        this.#node(`job ${connectionId} ${job.id}`, { kind: 'job' as const, connectionId, jobId: job.id }),
      );
    const starts = this.#services.starts
      .list(connectionId)
      .map(({ intentId }): JobNode => ({ kind: 'start', connectionId, intentId }));
    const hidden = all.length - jobs.length;
    const more = hidden > 0 || this.#older.mayHaveMore(connectionId);
    return [...starts, ...jobs, ...(more ? [{ kind: 'more' as const, connectionId, hidden }] : [])];
  }

  getTreeItem(node: JobNode): vscode.TreeItem {
    switch (node.kind) {
      case 'connection':
        return this.#connectionItem(node.connection);
      case 'leaf':
        return node.item;
      case 'more':
        return moreItem(node, isFiltered(this.#filter));
      case 'start':
        return startItem(this.#services.starts.list().find(({ intentId }) => intentId === node.intentId));
      case 'olderEvents':
        return olderEventsItem(this.#services.jobs.get(node.connectionId, node.jobId), node.from);
      case 'job': {
        const record = this.#services.jobs.get(node.connectionId, node.jobId);
        if (!record) return new vscode.TreeItem(node.jobId);
        const item = jobItem(record, this.#connections.get(node.connectionId));
        this.#drawn.set(node, String(item.description));
        return item;
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
    const place = placeInWords(connection);
    item.description = problem ? `${place} · ${problem.message}` : place;
    item.iconPath = problem
      ? new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'))
      : new vscode.ThemeIcon(connectionIcon(connection));
    item.tooltip = problem
      ? `${problem.message} ${problem.action}`
      : connection.baseUrl || t('Trains on this machine, free, without a key.');
    item.contextValue = connection.kind === 'local' ? 'connection' : 'connection removable';
    return item;
  }
}

function moreItem(node: Extract<JobNode, { kind: 'more' }>, filtered: boolean): vscode.TreeItem {
  const item = new vscode.TreeItem(filtered && node.hidden === 0 ? t('Search older jobs') : t('Load more'));
  item.description =
    node.hidden > 0 ? tn(node.hidden, '{0} known job', '{0} known jobs') : t("from the provider's list");
  item.iconPath = new vscode.ThemeIcon('ellipsis');
  item.command = { command: INTERNAL.loadMoreJobs, title: t('Load More'), arguments: [node.connectionId] };
  return item;
}
