import path from 'node:path';
import * as vscode from 'vscode';
import { t } from '../../core/base/messages.ts';
import { askedOf, type Inventory } from '../../core/leaving/inventory.ts';
import type { Connection } from '../../core/provider/connection.ts';
import { downloadAll, wantedOf, type Progress } from '../../leaving/downloads.ts';
import { DOCUMENT_NAME, writeDocument } from '../../leaving/document.ts';
import { inventoryOf, readLists, type ProviderLists } from '../../leaving/readProvider.ts';
import { saveRecording } from '../../leaving/recordings.ts';
import { folderProblem, LeavingFolder } from '../../leaving/leavingFolder.ts';
import type { LeavePanelState } from '../../protocol/leavePanel.ts';
import type { FromPanel } from '../../protocol/panelMessages.ts';
import { COMMANDS } from '../contributions.ts';
import { withRemedy } from '../connections/providers.ts';
import { WebviewPanel, type PanelHost } from '../panels/webviewPanel.ts';
import type { Services } from '../services.ts';
import { Cancelled, ProblemError, showProblem } from '../ui/errors.ts';
import { leaveState } from './leaveState.ts';
import { showDocument } from './showDocument.ts';

export type LeavePanelServices = PanelHost &
  Pick<Services, 'jobs' | 'connections' | 'providers' | 'runs'> & {
    readonly panels: { readonly openRun: (runId: string) => Promise<void> };
  };

export interface Beginning {
  /** Folder of a page that comes back after a reload; null: none was chosen. */
  readonly folder: string | null;
  /** Whether the provider is asked at once: the user has just wanted it. */
  readonly ask: boolean;
}

/** Milliseconds for which changes of jobs and runs are gathered. */
const PAUSE_MS = 250;

/** Page on which a provider is left: inventory, downloads, recordings, replacements, and the document. */
export class LeavePanel {
  readonly #services: LeavePanelServices;
  readonly #page: WebviewPanel;
  readonly #connection: Connection;
  #folder: LeavingFolder | null = null;
  /** Null until the provider was asked. */
  #lists: ProviderLists | null = null;
  #inventory: Inventory | null = null;
  #busy: Progress | null = null;
  #isReading = false;
  #hasDocument = false;
  #downloading: AbortController | null = null;
  #timer: NodeJS.Timeout | undefined;
  readonly #closed = new AbortController();

  constructor(
    services: LeavePanelServices,
    panel: vscode.WebviewPanel,
    connection: Connection,
    { folder, ask }: Beginning,
  ) {
    this.#services = services;
    this.#connection = connection;
    this.#page = new WebviewPanel(services, panel, 'leave', {
      state: () => this.#state(),
      receive: (message) => {
        this.#receive(message).catch((error: unknown) => {
          if (!(error instanceof Cancelled)) void showProblem(services, error);
        });
      },
    });
    const later = (): void => {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        void this.#take();
      }, PAUSE_MS);
    };
    const subscriptions = [
      services.jobs.onDidChange(({ connectionId }) => {
        if (connectionId === connection.id) later();
      }),
      services.runs.onDidChange(later),
    ];
    panel.title = t('Leave {0}', connection.name);
    panel.onDidDispose(() => {
      this.#closed.abort();
      this.#downloading?.abort();
      clearTimeout(this.#timer);
      for (const subscription of subscriptions) subscription.dispose();
    });
    void this.#begin(folder, ask);
  }

  reveal(): void {
    this.#page.panel.reveal();
  }

  async #begin(folder: string | null, ask: boolean): Promise<void> {
    try {
      await this.#services.jobs.load();
      await this.#services.runs.load();
      if (folder !== null) await this.#open(folder).catch(() => undefined);
      if (ask) await this.#read();
      else await this.#take();
    } catch (error) {
      if (!this.#closed.signal.aborted) void showProblem(this.#services, error);
    }
  }

  /** Reads the lists of the provider, and takes the inventory. */
  async #read(): Promise<void> {
    const { providers, jobs } = this.#services;
    this.#isReading = true;
    this.#page.refresh();
    try {
      const provider = await providers.get(this.#connection.id);
      this.#lists = await readLists(provider, this.#closed.signal);
      for (const job of this.#lists.jobs ?? []) jobs.update(this.#connection.id, job.id, { job });
    } catch (error) {
      if (!this.#closed.signal.aborted) throw withRemedy(error, this.#connection);
    } finally {
      this.#isReading = false;
      await this.#take();
    }
  }

  /** Takes the inventory of what is known now. */
  async #take(): Promise<void> {
    const { jobs, runs } = this.#services;
    const lists = this.#lists ?? { models: null, files: null };
    const known = jobs.list(this.#connection.id);
    this.#inventory = await inventoryOf(this.#connection, lists, known, runs.list(), this.#folder);
    this.#page.refresh();
    await runs.findFacts();
  }

  #state(): LeavePanelState {
    const { problems = [] } = this.#lists ?? {};
    return leaveState({
      connection: this.#connection,
      inventory: this.#inventory,
      runs: this.#services.runs.list(),
      folder: this.#folder,
      isReading: this.#isReading,
      problems,
      busy: this.#busy,
      hasDocument: this.#hasDocument,
    });
  }

  async #receive(message: Exclude<FromPanel, { type: 'ready' }>): Promise<void> {
    switch (message.type) {
      case 'leaveRefresh':
        await this.#read();
        return;
      case 'leaveDownload':
        await this.#download();
        return;
      case 'leaveCancel':
        this.#downloading?.abort();
        return;
      case 'leaveFolder':
        if (this.#folder) await vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(this.#folder.folder));
        return;
      case 'leaveRecord': {
        const known = this.#modelOf(message.model);
        // Nothing that was recorded is asked, and paid for, again.
        if (known.recording !== null && known.recording.answered !== 0) {
          await vscode.commands.executeCommand(COMMANDS.resumeEvaluation, { runId: known.recording.run });
          return;
        }
        await vscode.commands.executeCommand(COMMANDS.evaluateModel, this.#ref(message.model), {
          record: known.testFile,
          like: known.lastEvaluation?.run ?? null,
        });
        return;
      }
      case 'leaveTrain': {
        const { trainingFile } = this.#modelOf(message.model);
        if (trainingFile?.place !== 'here') return;
        await vscode.commands.executeCommand(COMMANDS.startFineTuning, vscode.Uri.file(trainingFile.path));
        return;
      }
      case 'leaveReplace': {
        const { recording } = this.#modelOf(message.model);
        if (recording === null) return;
        await vscode.commands.executeCommand(COMMANDS.evaluateReplacement, { runId: recording.run }, message.model);
        return;
      }
      case 'leaveDocument':
        await this.#document();
        return;
      case 'leaveOpenRun':
        await this.#services.panels.openRun(message.run);
        return;
      default:
    }
  }

  #ref(model: string): { readonly connectionId: string; readonly model: string } {
    return { connectionId: this.#connection.id, model };
  }

  /** A model of the inventory: a page may name any. */
  #modelOf(model: string): Inventory['models'][number] {
    const found = this.#inventory?.models.find((one) => one.model === model);
    if (found) return found;
    throw new ProblemError({
      code: 'no-model',
      message: t('The model is not known any more.'),
      action: t('Read the list again.'),
    });
  }

  async #open(folder: string): Promise<LeavingFolder> {
    const opened = await LeavingFolder.open(folder, this.#connection);
    if (!opened.ok) throw new ProblemError(opened.error);
    this.#folder = opened.value;
    this.#hasDocument = await exists(path.join(folder, DOCUMENT_NAME));
    return opened.value;
  }

  /** The folder that everything goes into; asks for it once. */
  async #chosenFolder(): Promise<LeavingFolder> {
    if (this.#folder) return this.#folder;
    const workspace = vscode.workspace.workspaceFolders?.[0]?.uri;
    const chosen = await this.#services.ui.openDialog({
      title: t('Choose an Empty Folder for What Is Taken from {0}', this.#connection.name),
      openLabel: t('Take Along Here'),
      canSelectFiles: false,
      canSelectFolders: true,
      ...(workspace ? { defaultUri: workspace } : {}),
    });
    const [uri] = chosen ?? [];
    if (!uri) throw new Cancelled();
    return this.#open(uri.fsPath);
  }

  async #download(): Promise<void> {
    if (this.#downloading) return;
    const folder = await this.#chosenFolder();
    const abort = new AbortController();
    this.#downloading = abort;
    try {
      if (this.#lists === null) await this.#read();
      const provider = await this.#services.providers.get(this.#connection.id);
      const wanted = wantedOf(this.#services.jobs.list(this.#connection.id), this.#lists?.files ?? null);
      await downloadAll(provider, folder, wanted, abort.signal, (progress) => {
        this.#busy = progress;
        this.#page.refresh();
      });
      await this.#saveRecordings(folder);
    } catch (error) {
      if (!abort.signal.aborted) throw inFolder(error, folder);
    } finally {
      this.#downloading = null;
      this.#busy = null;
      await this.#take();
    }
  }

  /** Writes what was recorded of each model into the folder, where it is more than what is there. */
  async #saveRecordings(folder: LeavingFolder): Promise<void> {
    const { runs } = this.#services;
    for (const { model, recording } of this.#inventory?.models ?? []) {
      if (recording === null) continue;
      const opened = await runs.open(recording.run);
      if (!opened.ok) continue;
      try {
        const contestant = askedOf(opened.value.config, this.#connection.id, model);
        if (contestant) await saveRecording(folder, opened.value, contestant.id);
      } finally {
        runs.close(opened.value);
      }
    }
  }

  async #document(): Promise<void> {
    const folder = await this.#chosenFolder();
    await this.#take();
    const { runs, connections } = this.#services;
    const inventory = this.#inventory;
    if (inventory === null) return;
    let file: string;
    try {
      await this.#saveRecordings(folder);
      file = await writeDocument(folder, inventory, runs, async (id) => (await connections.get(id))?.name ?? id);
    } catch (error) {
      throw inFolder(error, folder);
    }
    this.#hasDocument = true;
    this.#page.refresh();
    await showDocument(this.#services.ui, file, t('Leaving {0}', this.#connection.name));
  }
}

/** The system's errors are about the folder. */
function inFolder(error: unknown, { folder }: LeavingFolder): unknown {
  const isSystems = error instanceof Error && 'code' in error && 'syscall' in error;
  return isSystems ? new ProblemError(folderProblem(error, folder)) : error;
}

async function exists(file: string): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(vscode.Uri.file(file));
    return true;
  } catch {
    return false;
  }
}
