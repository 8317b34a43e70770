// As much of `vscode` as trees, commands and wizards need, for unit tests:
// `vi.mock('vscode', async () => (await import('…/vscodeDouble.ts')).vscodeDouble())`, and `editor` is what a test says and sees of it.
// What is asked of a person and told to one goes through `Ui`, which has a double of its own (uiDouble.ts).
import { readdirSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

interface Uri {
  readonly scheme: string;
  readonly path: string;
  readonly fsPath: string;
  toString(): string;
}

/** An open document, as far as somebody asks about it here. */
export interface DocumentDouble {
  readonly uri: Uri;
  readonly isDirty: boolean;
  save(): Promise<boolean>;
}

/** Problem in an editor. */
export interface ProblemDouble {
  readonly range: { readonly start: { readonly line: number; readonly character: number } };
  readonly message: string;
  readonly severity: number;
  readonly code?: unknown;
  readonly relatedInformation?: readonly { readonly message: string }[];
}

interface EditorState {
  trusted: boolean;
  /** By whole ids: `tuningFork.costCap`. */
  readonly settings: Map<string, unknown>;
  /** Other extensions that are installed, by id. */
  readonly extensions: Map<
    string,
    { readonly isActive: boolean; readonly exports?: unknown; activate?(): Promise<unknown> }
  >;
  /** Paths of files that a search in the workspace finds. */
  found: readonly string[];
  documents: readonly DocumentDouble[];
  /** Commands that were run, with their arguments. */
  readonly ran: (readonly unknown[])[];
  /** Commands of the extension that a test carries out, by id. */
  readonly commands: Map<string, (...args: readonly unknown[]) => unknown>;
  /** Paths of documents that were shown. */
  readonly shown: string[];
  /** Problems that are shown, by the path of their file. */
  readonly problems: Map<string, readonly ProblemDouble[]>;
  /** Tells listeners what happened to a document. */
  readonly happened: Readonly<Record<'opened' | 'edited' | 'saved' | 'closed', (event: unknown) => void>>;
  /** Tells listeners that a setting changed. */
  changed(id: string): void;
}

const listeners = new Set<(change: { affectsConfiguration(id: string): boolean }) => void>();

const documentEvents = { opened: listening(), edited: listening(), saved: listening(), closed: listening() };

function listening() {
  const own = new Set<(event: unknown) => void>();
  const listen = (listener: (event: unknown) => void): { dispose: () => void } => {
    own.add(listener);
    return { dispose: () => own.delete(listener) };
  };
  const fire = (event: unknown): void => {
    for (const listener of own) listener(event);
  };
  return { listen, fire };
}

/** The editor of the test file; each has its own. */
export const editor: EditorState & { reset(): void } = {
  trusted: true,
  settings: new Map(),
  extensions: new Map(),
  found: [],
  documents: [],
  ran: [],
  commands: new Map(),
  shown: [],
  problems: new Map(),
  happened: {
    opened: documentEvents.opened.fire,
    edited: documentEvents.edited.fire,
    saved: documentEvents.saved.fire,
    closed: documentEvents.closed.fire,
  },
  changed: (id) => {
    for (const listener of listeners) listener({ affectsConfiguration: (asked) => asked === id });
  },
  reset() {
    this.trusted = true;
    this.settings.clear();
    this.extensions.clear();
    this.found = [];
    this.documents = [];
    this.ran.length = 0;
    this.commands.clear();
    this.shown.length = 0;
    this.problems.clear();
    listeners.clear();
  },
};

class EventEmitter {
  readonly #listeners = new Set<(value: unknown) => void>();
  readonly event = (listener: (value: unknown) => void): { dispose: () => void } => {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  };
  fire(value: unknown): void {
    for (const listener of this.#listeners) listener(value);
  }
  dispose(): void {
    this.#listeners.clear();
  }
}

class TreeItem {
  label: string;
  collapsibleState: number;
  constructor(label: string, collapsibleState = 0) {
    this.label = label;
    this.collapsibleState = collapsibleState;
  }
}

class Named {
  readonly id: string;
  constructor(id: string) {
    this.id = id;
  }
}

class FileUri implements Uri {
  readonly scheme: string;
  readonly path: string;
  readonly query: string;
  readonly fsPath: string;
  constructor(parts: { readonly scheme?: string; readonly path?: string; readonly query?: string }) {
    this.scheme = parts.scheme ?? 'file';
    this.path = parts.path ?? '';
    this.query = parts.query ?? '';
    this.fsPath = this.path;
  }
  static from(parts: object): FileUri {
    return new FileUri(parts);
  }
  static file(fsPath: string): FileUri {
    return new FileUri({ path: fsPath });
  }
  static joinPath(base: FileUri, ...parts: readonly string[]): FileUri {
    return new FileUri({ scheme: base.scheme, path: path.posix.join(base.path, ...parts) });
  }
  static parse(text: string): FileUri {
    const { protocol, pathname, search } = new URL(text);
    return new FileUri({ scheme: protocol.slice(0, -1), path: pathname, query: search.slice(1) });
  }
  toString(): string {
    return this.scheme === 'file' ? pathToFileURL(this.path).toString() : `${this.scheme}:${this.path}`;
  }
}

/** As `vscode.Uri.file`: what commands are called on. */
export const fileUri = (fsPath: string): Uri => FileUri.file(fsPath);

class Position {
  readonly line: number;
  readonly character: number;
  constructor(line: number, character: number) {
    this.line = line;
    this.character = character;
  }
}

class Range {
  readonly start: unknown;
  readonly end: unknown;
  /** From two positions, or from the lines and characters of both. */
  constructor(...[start, end, ...rest]: readonly unknown[]) {
    const [line, character] = rest;
    const four = typeof start === 'number' && typeof end === 'number';
    this.start = four ? new Position(start, end) : start;
    this.end = four ? new Position(Number(line), Number(character)) : end;
  }
}

class Diagnostic {
  readonly range: unknown;
  readonly message: string;
  readonly severity: number;
  constructor(range: unknown, message: string, severity: number) {
    this.range = range;
    this.message = message;
    this.severity = severity;
  }
}

class Placed {
  readonly place: unknown;
  readonly message: unknown;
  constructor(place: unknown, message: unknown) {
    this.place = place;
    this.message = message;
  }
}

class Disposable {
  readonly dispose: () => void;
  constructor(dispose: () => void) {
    this.dispose = dispose;
  }
}

class CodeLens {
  readonly range: unknown;
  readonly command: unknown;
  constructor(range: unknown, command: unknown) {
    this.range = range;
    this.command = command;
  }
}

const nothing = (): { dispose: () => void } => ({ dispose: () => undefined });

export function vscodeDouble(): Readonly<Record<string, unknown>> {
  return {
    EventEmitter,
    TreeItem,
    Position,
    Range,
    CodeLens,
    Diagnostic,
    Disposable,
    Location: Placed,
    DiagnosticRelatedInformation: Placed,
    CodeActionKind: { SourceFixAll: { append: (kind: string) => new Named(`source.fixAll.${kind}`) } },
    DiagnosticSeverity: { Error: 0, Warning: 1, Information: 2 },
    languages: {
      createDiagnosticCollection: () => ({
        set: (uri: Uri, problems: readonly ProblemDouble[]) => editor.problems.set(uri.fsPath, problems),
        delete: (uri: Uri) => editor.problems.delete(uri.fsPath),
        dispose: () => {
          editor.problems.clear();
        },
      }),
    },
    ThemeIcon: Named,
    ThemeColor: Named,
    Uri: FileUri,
    TreeItemCollapsibleState: { None: 0, Collapsed: 1, Expanded: 2 },
    StatusBarAlignment: { Left: 1 },
    QuickPickItemKind: { Separator: -1, Default: 0 },
    FileType: { File: 1, Directory: 2 },
    commands: {
      executeCommand: async (...command: readonly unknown[]) => {
        editor.ran.push(command);
        const [id, ...args] = command;
        await editor.commands.get(String(id))?.(...args);
      },
    },
    window: {
      activeTextEditor: undefined,
      createTreeView: () => ({ onDidChangeVisibility: nothing, dispose: () => undefined, message: '', visible: true }),
      showTextDocument: (uri: Uri) => {
        editor.shown.push(uri.fsPath);
        return Promise.resolve();
      },
    },
    extensions: { getExtension: (id: string) => editor.extensions.get(id) },
    workspace: {
      get isTrusted() {
        return editor.trusted;
      },
      get textDocuments() {
        return editor.documents;
      },
      workspaceFolders: undefined,
      getWorkspaceFolder: () => undefined,
      getConfiguration: (section?: string) => ({
        get: (id: string) => editor.settings.get(section === undefined ? id : `${section}.${id}`),
      }),
      onDidOpenTextDocument: documentEvents.opened.listen,
      onDidChangeTextDocument: documentEvents.edited.listen,
      onDidSaveTextDocument: documentEvents.saved.listen,
      onDidCloseTextDocument: documentEvents.closed.listen,
      onDidChangeConfiguration: (listener: (change: { affectsConfiguration(id: string): boolean }) => void) => {
        listeners.add(listener);
        return { dispose: () => listeners.delete(listener) };
      },
      findFiles: () => Promise.resolve(editor.found.map((file) => FileUri.file(file))),
      asRelativePath: (file: string | Uri) => path.basename(typeof file === 'string' ? file : file.path),
      fs: {
        readDirectory: (folder: Uri) =>
          Promise.resolve(
            readdirSync(folder.fsPath, { withFileTypes: true }).map((entry) => [entry.name, entry.isFile() ? 1 : 2]),
          ),
        writeFile: (file: Uri, bytes: Uint8Array) => writeFile(file.fsPath, bytes),
        stat: (file: Uri) => Promise.resolve({ size: statSync(file.fsPath).size }),
      },
    },
  };
}
