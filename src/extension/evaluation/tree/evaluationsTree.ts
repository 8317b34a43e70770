import * as vscode from 'vscode';
import { t, tn } from '../../../core/base/messages.ts';
import { compareFacts, factText } from '../../../core/evaluation/comparison/fact.ts';
import { testFileName } from '../../../core/evaluation/report/words.ts';
import { clock } from '../../../core/base/times.ts';
import type { Connection } from '../../../core/provider/connection.ts';
import {
  deadlineBadge,
  deadlineOf,
  deadlineSentence,
  isUrgent,
  type Deadline,
} from '../../../core/provider/deadlines.ts';
import type { RunStatus } from '../../../core/evaluation/types.ts';
import type { RegisteredRun, RunRegistry } from '../../../evals/registry.ts';
import { leftBehind, whereItRuns } from '../../../evals/words.ts';
import type { ConnectionStore } from '../../../connections/store.ts';
import { COMMANDS, VIEWS } from '../../contributions.ts';
import { plainText } from '../../ui/plainText.ts';
import { runTitle } from '../runTitle.ts';

export type EvaluationNode =
  | { readonly kind: 'file'; readonly path: string; readonly name: string }
  | { readonly kind: 'run'; readonly runId: string };

const REDRAW_MS = 500;

const ICONS: Readonly<Record<RunStatus, vscode.ThemeIcon>> = {
  running: new vscode.ThemeIcon('loading~spin', new vscode.ThemeColor('charts.blue')),
  finished: new vscode.ThemeIcon('check', new vscode.ThemeColor('testing.iconPassed')),
  cancelled: new vscode.ThemeIcon('circle-slash', new vscode.ThemeColor('disabledForeground')),
  interrupted: new vscode.ThemeIcon('debug-disconnect', new vscode.ThemeColor('charts.yellow')),
  'stopped-early': new vscode.ThemeIcon('check', new vscode.ThemeColor('testing.iconPassed')),
  paused: new vscode.ThemeIcon('debug-pause', new vscode.ThemeColor('charts.yellow')),
};

/** Runs by test file, the best figure first. */
export class EvaluationsTree implements vscode.TreeDataProvider<EvaluationNode> {
  readonly #runs: RunRegistry;
  readonly #connections: ConnectionStore;
  #known: readonly Connection[] = [];
  readonly #changed = new vscode.EventEmitter<EvaluationNode | undefined>();
  #loading: Promise<void> | null = null;
  #filter = '';
  #redraw: NodeJS.Timeout | undefined;
  readonly view: vscode.TreeView<EvaluationNode>;
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(runs: RunRegistry, connections: ConnectionStore) {
    this.#runs = runs;
    this.#connections = connections;
    this.view = vscode.window.createTreeView(VIEWS.evaluations, { treeDataProvider: this, canSelectMany: true });
    runs.onDidChange(() => {
      this.#redraw ??= setTimeout(() => {
        this.#redraw = undefined;
        this.#changed.fire(undefined);
        if (this.view.visible) void runs.findFacts();
      }, REDRAW_MS);
    });
  }

  dispose(): void {
    clearTimeout(this.#redraw);
    this.view.dispose();
    this.#changed.dispose();
  }

  /** Words that a shown run has in its name, its models or its test file; empty: all are shown. */
  get filter(): string {
    return this.#filter;
  }

  setFilter(text: string): void {
    this.#filter = text.trim();
    this.view.description = this.#filter === '' ? '' : t('“{0}”', this.#filter);
    void vscode.commands.executeCommand('setContext', 'tuningFork.evaluationsFiltered', this.#filter !== '');
    this.#changed.fire(undefined);
  }

  async getChildren(node?: EvaluationNode): Promise<EvaluationNode[]> {
    // The list as it was seen last is there at once; reading the folder reports what is different by itself.
    await this.#runs.glance();
    const reading = this.#load();
    if (this.#runs.list().length === 0) await reading;
    this.#known = await this.#connections.list();
    const runs = this.#runs.list().filter((run) => matches(run, this.#filter));
    if (!node) {
      const files = new Map(runs.map(({ config: { testFile } }) => [testFile.path, testFileName(testFile)]));
      return [...files].map(([path, name]) => ({ kind: 'file', path, name }));
    }
    if (node.kind === 'run') return [];
    return runs
      .filter((run) => run.config.testFile.path === node.path)
      .sort((a, b) => Number(b.status === 'running') - Number(a.status === 'running') || compareFacts(a.fact, b.fact))
      .map((run) => ({ kind: 'run', runId: run.config.id }));
  }

  #load(): Promise<void> {
    this.#loading ??= this.#runs.load().then(() => {
      void this.#runs.findFacts();
    });
    return this.#loading;
  }

  getTreeItem(node: EvaluationNode): vscode.TreeItem {
    if (node.kind === 'file') {
      const item = new vscode.TreeItem(node.name, vscode.TreeItemCollapsibleState.Expanded);
      item.id = `file ${node.path}`;
      item.iconPath = new vscode.ThemeIcon('file');
      item.tooltip = node.path;
      const newest = this.#runs.list().find((run) => run.config.testFile.path === node.path);
      if (newest) item.description = tn(newest.config.testFile.items, '{0} item', '{0} items');
      return item;
    }
    const run = this.#runs.list().find((candidate) => candidate.config.id === node.runId);
    return run ? runItem(run, this.#known) : new vscode.TreeItem(node.runId);
  }
}

function runItem(run: RegisteredRun, connections: readonly Connection[], now = Date.now()): vscode.TreeItem {
  const { config, status, answered, elsewhere, fact } = run;
  const title = run.title ?? runTitle(config);
  const total = config.testFile.items * config.contestants.length;
  const item = new vscode.TreeItem(plainText(title));
  item.id = `run ${config.id}`;
  item.iconPath = ICONS[status];
  const when = clock(config.createdAt / 1000);
  const progress = answered === null ? '' : t('{0}/{1} rows', answered, total);
  const isOver = status === 'finished' || status === 'stopped-early';
  item.description = isOver ? (fact === undefined ? when : plainText(factText(fact))) : standing(run, progress);
  const ends = nearestEnd(run, connections, now);
  if (ends) item.description += ` · ${deadlineBadge(ends)}`;
  item.tooltip = [
    t('{0} on {1}, {2}: {3}', title, config.name, when, [statusWord(status), progress].filter(Boolean).join(', ')),
    ...(fact === undefined ? [] : [factText(fact)]),
    ...(elsewhere ? [elsewhere.leftBehind === null ? whereItRuns(elsewhere) : leftBehind(elsewhere)] : []),
    ...(ends ? [deadlineSentence(ends)] : []),
  ].join('\n');
  item.contextValue = [
    'run',
    status === 'running' ? (elsewhere ? 'elsewhere' : 'active') : '',
    ['cancelled', 'interrupted', 'paused', 'stopped-early'].includes(status) ? 'resumable' : '',
    ends ? 'ending' : '',
  ]
    .filter(Boolean)
    .join(' ');
  item.command = { command: COMMANDS.openEvaluation, title: t('Open'), arguments: [{ runId: config.id }] };
  return item;
}

/** Whether every word of the filter is in the run's name, its models or its test file. */
function matches({ config, title = '' }: RegisteredRun, filter: string): boolean {
  const models = config.contestants.flatMap(({ label, model = '' }) => [label, model]);
  const text = [title, config.name, testFileName(config.testFile), ...models].join(' ').toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** Status of a run with its progress; the count first where the rest is long: a narrow sidebar cuts off the end. */
function standing({ status, elsewhere }: RegisteredRun, progress: string): string {
  if (elsewhere?.leftBehind === null) return words(progress, t('running in another window'));
  if (elsewhere) return words(t('left behind'), progress, t('take over'));
  return words(statusWord(status), progress, status === 'running' ? '' : t('resume'));
}

function statusWord(status: RunStatus): string {
  switch (status) {
    case 'running':
      return t('running');
    case 'finished':
      return t('finished');
    case 'stopped-early':
      return t('stopped early');
    case 'cancelled':
      return t('canceled');
    case 'interrupted':
      return t('interrupted');
    case 'paused':
      return t('paused');
  }
}

function words(...parts: readonly string[]): string {
  return parts.filter(Boolean).join(' · ');
}

/** Deadline of the compared model that ends first, when it is near: then the run cannot be repeated. */
function nearestEnd({ config }: RegisteredRun, connections: readonly Connection[], now: number): Deadline | null {
  const ends = config.contestants.flatMap(({ connectionId, model }) => {
    const connection = connections.find(({ id }) => id === connectionId);
    const deadline = connection && model !== undefined ? deadlineOf(connection, model, now) : null;
    return deadline !== null && (isUrgent(deadline) || deadline.daysLeft <= 0) ? [deadline] : [];
  });
  return ends.sort((a, b) => a.daysLeft - b.daysLeft)[0] ?? null;
}
