import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';
import { listOf, t } from '../../core/base/messages.ts';
import { day } from '../../core/base/times.ts';
import {
  capabilityList,
  isServedHere,
  whyNoTraining,
  type Capability,
  type Connection,
} from '../../core/provider/connection.ts';
import { profileOf } from '../../core/provider/profiles.ts';
import { connectionIcon, placeInWords } from '../connections/place.ts';
import { dollars } from '../../core/cost/estimate.ts';
import { priceOf, priceTable } from '../../core/cost/prices.ts';
import { deadlineBadge, deadlineOf, deadlineSentence, isUrgent, type Deadline } from '../../core/provider/deadlines.ts';
import { retirementsOf, sortModels, type SortedModels } from '../../core/provider/models.ts';
import type { ModelInfo } from '../../core/provider/api.ts';
import { isProviderFailure, problemOf } from '../../core/provider/failure.ts';
import { untrustedText } from '../../core/base/untrustedText.ts';
import type { Problem } from '../../core/base/result.ts';
import { jobTitle } from '../../core/training/words/describe.ts';
import { parseModelName, shortModelName } from '../../core/training/modelName.ts';
import type { JobRecord } from '../../jobs/store/jobRecord.ts';
import { priceOverrides } from '../config.ts';
import { capabilityLines } from '../connections/connectionCheck.ts';
import { COMMANDS, VIEWS } from '../contributions.ts';
import { isSetUp } from '../../openWeights/places.ts';
import type { Services } from '../services.ts';
import { isOpenWeightsTuned } from './openWeightsTuned.ts';

type Group = 'tuned' | 'bases' | 'offers';

export type ModelNode =
  | { readonly kind: 'connection'; readonly connection: Connection; readonly connectionId: string }
  | { readonly kind: 'group'; readonly group: Group; readonly connection: Connection; readonly connectionId: string }
  | {
      readonly kind: 'model';
      readonly role: 'base' | 'tuned' | 'checkpoint';
      readonly connection: Connection;
      readonly connectionId: string;
      readonly model: string;
      readonly checkpoints: readonly string[];
      readonly createdAt: number | null;
    }
  | { readonly kind: 'leaf'; readonly item: vscode.TreeItem; readonly connectionId: string };

interface Listing {
  /** Address and account of the request: another one has other models. */
  readonly asked: string;
  readonly models: readonly ModelInfo[];
  readonly problem: Problem | null;
  readonly refusedKey: boolean;
}

type TreeServices = Pick<Services, 'connections' | 'folder' | 'jobs' | 'providers' | 'log'>;

/**
 * Base models, fine-tuned models and checkpoints by connection. A provider is asked when its node is opened or the view is refreshed,
 * never before: models that jobs name are shown without asking.
 */
export class ModelsTree implements vscode.TreeDataProvider<ModelNode> {
  readonly #services: TreeServices;
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly #listings = new Map<string, Promise<Listing>>();
  readonly view: vscode.TreeView<ModelNode>;
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(services: TreeServices) {
    this.#services = services;
    this.view = vscode.window.createTreeView(VIEWS.models, { treeDataProvider: this, showCollapseAll: true });
    services.connections.onDidChange(() => {
      this.#changed.fire(undefined);
    });
    services.jobs.onDidChange(({ record, added }) => {
      // Only a model that came or went changes this view; the steps of a running job do not.
      if (added || record === undefined || record.job.fineTunedModel !== null) this.#changed.fire(undefined);
    });
  }

  dispose(): void {
    this.view.dispose();
    this.#changed.dispose();
  }

  /** Reads the models of open nodes again. */
  refresh(): void {
    this.#listings.clear();
    this.#changed.fire(undefined);
  }

  async getChildren(node?: ModelNode): Promise<ModelNode[]> {
    if (!vscode.workspace.isTrusted) return [];
    await this.#services.jobs.load();
    if (!node) return this.#connections();
    if (node.kind === 'connection') return this.#groups(node.connection);
    if (node.kind === 'group') return this.#groupChildren(node.group, node.connection);
    if (node.kind === 'model') {
      return node.checkpoints.map((model) => modelNode(node.connection, 'checkpoint', { id: model }));
    }
    return [];
  }

  async #connections(): Promise<ModelNode[]> {
    const connections = await this.#services.connections.list();
    // Without jobs and connections the welcome view offers the first steps.
    if (connections.length === 1 && this.#services.jobs.list('local').length === 0) return [];
    return connections.map((connection) => ({ kind: 'connection', connection, connectionId: connection.id }));
  }

  async #groups(connection: Connection): Promise<ModelNode[]> {
    const listing = await this.#listing(connection);
    const { problem } = listing;
    const connectionId = connection.id;
    const group = (name: Group): ModelNode => ({ kind: 'group', group: name, connection, connectionId });
    const { tuned, bases } = this.#sorted(connection, listing);
    return [
      ...(problem === null ? [] : [{ kind: 'leaf', item: problemItem(connection, listing), connectionId } as const]),
      ...(tuned.length > 0 || problem === null ? [group('tuned')] : []),
      ...(bases.length > 0 ? [group('bases')] : []),
      ...(isServedHere(connection) ? this.#setUpLeaf(connectionId) : []),
      ...(connection.kind === 'local' ? [] : [group('offers')]),
    ];
  }

  /** Way to open-weights training, while it is not set up. */
  #setUpLeaf(connectionId: string): readonly ModelNode[] {
    return isSetUp(this.#services.folder) ? [] : [{ kind: 'leaf', item: setUpItem(), connectionId }];
  }

  async #groupChildren(group: Group, connection: Connection): Promise<ModelNode[]> {
    const { id: connectionId } = connection;
    const leaf = (item: vscode.TreeItem): ModelNode => ({ kind: 'leaf', item, connectionId });
    if (group === 'offers') return offerItems(connection).map(leaf);
    const { tuned, bases } = this.#sorted(connection, await this.#listing(connection));
    if (group === 'bases') return bases.map((id) => modelNode(connection, 'base', { id }));
    if (tuned.length > 0) return tuned.map((model) => modelNode(connection, 'tuned', model));
    return [leaf(new vscode.TreeItem(t('None yet')))];
  }

  #sorted(connection: Connection, listing: Listing): SortedModels {
    const known = this.#services.jobs.list(connection.id).flatMap(({ job, checkpoints, gone }) =>
      job.fineTunedModel === null || gone
        ? []
        : [
            {
              id: job.fineTunedModel,
              createdAt: job.finishedAt ?? job.createdAt,
              checkpoints: checkpoints.map(({ model }) => model).filter((model) => model !== ''),
            },
          ],
    );
    const priced = Object.keys(priceTable(priceOverrides()).models);
    return sortModels(connection.kind, listing.models, priced, known);
  }

  async #listing(connection: Connection): Promise<Listing> {
    const { baseUrl, organization, project } = connection;
    const asked = JSON.stringify([baseUrl, organization, project]);
    const kept = await this.#listings.get(connection.id);
    if (kept?.asked === asked) return kept;
    const listing = this.#ask(connection, asked);
    this.#listings.set(connection.id, listing);
    return listing;
  }

  async #ask(connection: Connection, asked: string): Promise<Listing> {
    try {
      const provider = await this.#services.providers.get(connection.id);
      const models = await provider.listModels({ retries: 1, timeoutMs: 20_000 });
      await this.#keepDates(connection, models);
      return { asked, models, problem: null, refusedKey: false };
    } catch (error) {
      this.#services.log.warn(`Models of ${connection.name}: ${problemOf(error).message}`);
      const refusedKey = isProviderFailure(error) && error.status === 401;
      return { asked, models: [], problem: problemOf(error), refusedKey };
    }
  }

  async #keepDates(connection: Connection, models: readonly ModelInfo[]): Promise<void> {
    const retirements = retirementsOf(models);
    if (isServedHere(connection) || isDeepStrictEqual(retirements, connection.retirements ?? {})) return;
    await this.#services.connections.update(connection.id, { retirements });
  }

  getTreeItem(node: ModelNode): vscode.TreeItem {
    switch (node.kind) {
      case 'leaf':
        return node.item;
      case 'connection':
        return connectionItem(node.connection, isSetUp(this.#services.folder));
      case 'group':
        return groupItem(node.group, node.connection);
      case 'model': {
        const record = this.#services.jobs.list(node.connectionId).find(({ job }) => job.fineTunedModel === node.model);
        return modelItem(node, record);
      }
    }
  }
}

function modelNode(
  connection: Connection,
  role: 'base' | 'tuned' | 'checkpoint',
  model: { readonly id: string; readonly checkpoints?: readonly string[]; readonly createdAt?: number | null },
): ModelNode {
  const { id, checkpoints = [], createdAt = null } = model;
  return { kind: 'model', role, connection, connectionId: connection.id, model: id, checkpoints, createdAt };
}

function connectionItem(connection: Connection, openWeights: boolean): vscode.TreeItem {
  const item = new vscode.TreeItem(connection.name, vscode.TreeItemCollapsibleState.Collapsed);
  item.id = `models ${connection.id}`;
  const place = placeInWords(connection);
  item.description = whyNoTraining(connection) === null ? place : `${place} · ${t('no training')}`;
  item.iconPath = new vscode.ThemeIcon(connectionIcon(connection));
  item.tooltip =
    connection.kind === 'local'
      ? t('Trains on this machine, free, without a key.')
      : [connection.baseUrl, ...capabilityLines(connection)].join('\n');
  item.contextValue =
    connection.kind === 'local'
      ? `connection localServer ${openWeights ? 'openWeightsReady' : 'openWeightsMissing'}`
      : 'connection removable';
  return item;
}

function setUpItem(): vscode.TreeItem {
  const item = new vscode.TreeItem(t('Set up open-weights training…'));
  item.iconPath = new vscode.ThemeIcon('desktop-download');
  item.tooltip = t('Fine-tunes small language models on this machine. It needs Python.');
  item.command = { command: COMMANDS.setUpOpenWeights, title: t('Set Up Open-Weights Training…'), arguments: [] };
  return item;
}

function groupItem(group: Group, connection: Connection): vscode.TreeItem {
  const titles: Readonly<Record<Group, readonly [string, string, string]>> = {
    tuned: [t('Fine-tuned models'), 'symbol-class', ''],
    bases: [connection.kind === 'compatible' ? t('Base models') : t('Models to fine-tune'), 'symbol-constructor', ''],
    offers: [t('Capabilities'), 'checklist', offersInWords(connection)],
  };
  const [label, icon, description] = titles[group];
  const item = new vscode.TreeItem(
    label,
    group === 'tuned' ? vscode.TreeItemCollapsibleState.Expanded : vscode.TreeItemCollapsibleState.Collapsed,
  );
  item.id = `models ${connection.id} ${group}`;
  item.iconPath = new vscode.ThemeIcon(icon);
  item.description = description;
  if (group === 'offers') item.contextValue = 'offers removable';
  return item;
}

function offersInWords({ checked }: Connection): string {
  if (!checked) return t('not tested yet');
  const off = capabilityList(checked.capabilities).filter(({ capability }) => capability !== 'yes');
  return off.length === 0
    ? t('all')
    : t(
        'without {0}',
        listOf(
          off.map(({ name }) => name),
          'or',
        ),
      );
}

function offerItems({ checked, id, name }: Connection): vscode.TreeItem[] {
  const again = new vscode.TreeItem(t('Test connection'));
  again.iconPath = new vscode.ThemeIcon('refresh');
  again.description = checked ? t('tested on {0}', day(checked.at / 1000)) : t('not tested yet');
  again.tooltip = t('Tests which capabilities {0} offers to this key. Creates nothing and costs nothing.', name);
  again.command = { command: COMMANDS.checkConnection, title: t('Test Connection'), arguments: [id] };
  if (!checked) return [again];
  return [...capabilityList(checked.capabilities).map((entry) => offerItem(entry.name, entry.capability)), again];
}

function offerItem(name: string, capability: Capability): vscode.TreeItem {
  const item = new vscode.TreeItem(name.charAt(0).toUpperCase() + name.slice(1));
  if (capability === 'yes') {
    item.iconPath = new vscode.ThemeIcon('check', new vscode.ThemeColor('testing.iconPassed'));
    item.description = t('yes');
  } else if (capability === 'unknown') {
    item.iconPath = new vscode.ThemeIcon('question');
    item.description = t('unknown: the provider gave no clear answer');
  } else {
    item.iconPath = new vscode.ThemeIcon('circle-slash');
    item.description = capability.no;
    item.tooltip = capability.no;
  }
  return item;
}

function modelItem(node: ModelNode & { readonly kind: 'model' }, record: JobRecord | undefined): vscode.TreeItem {
  const { connection, model, role, checkpoints, createdAt } = node;
  const name = parseModelName(model);
  const shown = untrustedText(model, [], 200);
  const label =
    role === 'checkpoint'
      ? t('Step {0}', name.checkpointStep ?? shown)
      : role === 'tuned' && record
        ? jobTitle(record.job, record.local.name)
        : untrustedText(role === 'tuned' ? shortModelName(model) : model, [], 200);
  const { None, Collapsed } = vscode.TreeItemCollapsibleState;
  const item = new vscode.TreeItem(label, checkpoints.length > 0 ? Collapsed : None);
  const deadline = deadlineOf(connection, model, Date.now());
  const deployment = connection.deployments?.[model];
  const price = role === 'base' ? priceOf(model, priceTable(priceOverrides())) : null;
  const facts = [
    deadline && deadline.daysLeft <= 365 ? deadlineBadge(deadline) : '',
    connection.kind === 'local' && role === 'base' ? t('free') : '',
    price && connection.kind === 'openai' ? t('{0} per 1M trained tokens', dollars(price.training)) : '',
    deployment === undefined ? '' : t('deployed as {0}', deployment),
    role === 'base' || label === shown ? '' : shown,
  ].filter(Boolean);
  item.id = `models ${connection.id} ${role} ${model}`;
  item.description = facts.join(' · ');
  item.iconPath = modelIcon(role, deadline);
  item.tooltip = [
    shown,
    createdAt === null ? '' : t('Created on {0}.', day(createdAt)),
    deadline ? deadlineSentence(deadline) : '',
    profileOf(connection.kind).needsDeployment && deployment === undefined
      ? t('This model answers only when deployed. Set the name of its deployment.')
      : '',
  ]
    .filter(Boolean)
    .join('\n');
  item.contextValue = [
    'model',
    role,
    ...(profileOf(connection.kind).needsDeployment ? ['deployable'] : []),
    ...(connection.kind === 'local' && role === 'base' ? [] : ['answers']),
    ...(role !== 'base' && deadline ? ['ending'] : []),
    ...(isOpenWeightsTuned(connection, model) ? ['exportable'] : []),
  ].join(' ');
  item.accessibilityInformation = { label: [label, ...facts].join(', ') };
  return item;
}

function modelIcon(role: 'base' | 'tuned' | 'checkpoint', deadline: Deadline | null): vscode.ThemeIcon {
  if (deadline && (isUrgent(deadline) || deadline.daysLeft <= 0)) {
    return new vscode.ThemeIcon('watch', new vscode.ThemeColor('list.warningForeground'));
  }
  return new vscode.ThemeIcon({ base: 'symbol-constructor', tuned: 'symbol-class', checkpoint: 'milestone' }[role]);
}

function problemItem(connection: Connection, { problem, refusedKey }: Listing): vscode.TreeItem {
  const item = new vscode.TreeItem(problem?.message ?? '');
  item.description = problem?.action ?? '';
  item.tooltip = `${problem?.message ?? ''} ${problem?.action ?? ''}`;
  item.iconPath = new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
  item.command = refusedKey
    ? { command: COMMANDS.setApiKey, title: t('Set API Key…'), arguments: [connection.id] }
    : { command: COMMANDS.refreshModels, title: t('Try Again'), arguments: [] };
  return item;
}
