import * as vscode from 'vscode';
import { t } from '../../../core/base/messages.ts';
import { UPLOAD_SCHEME } from './jobUris.ts';
import type { FileServices, Role, TrainingFiles } from './trainingFiles.ts';

/** Uploaded files of jobs as read-only documents (`TrainingFiles`), whose code is read when the first of them is opened. */
export class LateTrainingFiles implements vscode.FileSystemProvider {
  readonly #services: FileServices;
  readonly #diagnostics = vscode.languages.createDiagnosticCollection('tuningFork.provider');
  readonly #changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly #subscriptions: readonly { dispose(): unknown }[];
  readonly onDidChangeFile = this.#changed.event;
  #files: Promise<TrainingFiles> | null = null;

  constructor(services: FileServices) {
    this.#services = services;
    const opened = async (document: vscode.TextDocument): Promise<void> => {
      if (document.uri.scheme === UPLOAD_SCHEME) await (await this.#read()).mark(document);
    };
    this.#subscriptions = [
      this.#diagnostics,
      this.#changed,
      vscode.workspace.registerFileSystemProvider(UPLOAD_SCHEME, this, { isReadonly: true, isCaseSensitive: true }),
      vscode.workspace.onDidOpenTextDocument((document) => void opened(document)),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        if (uri.scheme === UPLOAD_SCHEME) this.#diagnostics.delete(uri);
      }),
    ];
    for (const document of vscode.workspace.textDocuments) void opened(document);
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  /** As `TrainingFiles.open`. */
  async open(arg: unknown, options: { readonly role?: Role; readonly line?: number } = {}): Promise<void> {
    await (await this.#read()).open(arg, options);
  }

  /** As `TrainingFiles.openFailedLine`. */
  async openFailedLine(arg: unknown): Promise<void> {
    await (await this.#read()).openFailedLine(arg);
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    return await (await this.#read()).stat(uri);
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    return await (await this.#read()).readFile(uri);
  }

  readDirectory(): never {
    throw vscode.FileSystemError.NoPermissions(t('Uploaded files are not in a folder.'));
  }
  createDirectory(): never {
    return unchangeable();
  }
  writeFile(): never {
    return unchangeable();
  }
  delete(): never {
    return unchangeable();
  }
  rename(): never {
    return unchangeable();
  }

  #read(): Promise<TrainingFiles> {
    this.#files ??= import('./trainingFiles.ts').then(
      ({ TrainingFiles }) => new TrainingFiles(this.#services, this.#diagnostics),
    );
    return this.#files;
  }
}

function unchangeable(): never {
  throw vscode.FileSystemError.NoPermissions(t('Uploaded files cannot be changed.'));
}
