import { watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';

/** A file as it was when it was read. */
export interface Stamp {
  readonly file: string;
  /** Size, time of the last change and identity of the file; null when there is none. */
  readonly state: string | null;
}

export async function stampOf(file: string): Promise<Stamp> {
  const state = await stat(file).then(
    ({ size, mtimeMs, ino }) => `${String(size)} ${String(mtimeMs)} ${String(ino)}`,
    () => null,
  );
  return { file, state };
}

/** Watches with Node: VS Code's watchers begin to listen a moment later and never tell of changes until then. */
export function watchFile(file: string, onEvent: () => void): vscode.Disposable {
  const { dir, base } = path.parse(file);
  try {
    const watcher = watch(dir, { persistent: false }, (_event, name) => {
      if (name === null || name === base) onEvent();
    });
    // The folder itself may go.
    watcher.on('error', onEvent);
    return new vscode.Disposable(() => {
      watcher.close();
    });
  } catch {
    // Where watching is not possible, they stay until the command is run again.
    return new vscode.Disposable(() => undefined);
  }
}

interface Part {
  readonly diagnostics: readonly vscode.Diagnostic[];
  readonly watchers: readonly vscode.Disposable[];
}

/**
 * Problems that commands have found in files, open or not. Each command's stay until it is run again, the text is
 * changed in an editor, or one of the files they were found in changes or goes: then their places no longer hold.
 */
export class FoundProblems implements vscode.Disposable {
  private readonly shown = vscode.languages.createDiagnosticCollection('tuningFork.found');
  private readonly files = new Map<string, { readonly uri: vscode.Uri; readonly parts: Map<string, Part> }>();
  private readonly subscription = vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
    if (contentChanges.length > 0) this.drop(document.uri);
  });

  /** `by`: the command. `stamps`: of the files it has read, taken before it read them. */
  set(uri: vscode.Uri, by: string, diagnostics: readonly vscode.Diagnostic[], stamps: readonly Stamp[]): void {
    this.drop(uri, by);
    if (diagnostics.length === 0) return;
    const key = uri.toString();
    const entry = this.files.get(key) ?? { uri, parts: new Map<string, Part>() };
    this.files.set(key, entry);
    const part: Part = { diagnostics, watchers: stamps.map((stamp) => this.watch(uri, by, stamp)) };
    entry.parts.set(by, part);
    this.draw(key);
    // A file may have changed since it was read.
    for (const stamp of stamps) void this.verify(uri, by, part, stamp);
  }

  /** Removes the problems of one command, or of all. */
  drop(uri: vscode.Uri, by?: string): void {
    const key = uri.toString();
    const entry = this.files.get(key);
    if (entry === undefined) return;
    for (const [name, part] of [...entry.parts]) {
      if (by !== undefined && name !== by) continue;
      for (const watcher of part.watchers) watcher.dispose();
      entry.parts.delete(name);
    }
    this.draw(key);
  }

  dispose(): void {
    this.subscription.dispose();
    for (const { uri } of [...this.files.values()]) this.drop(uri);
    this.shown.dispose();
  }

  private draw(key: string): void {
    const entry = this.files.get(key);
    if (entry === undefined) return;
    if (entry.parts.size > 0) {
      this.shown.set(
        entry.uri,
        [...entry.parts.values()].flatMap(({ diagnostics }) => diagnostics),
      );
      return;
    }
    this.files.delete(key);
    this.shown.delete(entry.uri);
  }

  private watch(uri: vscode.Uri, by: string, stamp: Stamp): vscode.Disposable {
    return watchFile(stamp.file, () => {
      const part = this.files.get(uri.toString())?.parts.get(by);
      if (part !== undefined) void this.verify(uri, by, part, stamp);
    });
  }

  private async verify(uri: vscode.Uri, by: string, part: Part, stamp: Stamp): Promise<void> {
    const { state } = await stampOf(stamp.file);
    if (state !== stamp.state && this.files.get(uri.toString())?.parts.get(by) === part) this.drop(uri, by);
  }
}
