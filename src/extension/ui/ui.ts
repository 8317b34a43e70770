import type * as vscode from 'vscode';

/** Thrown by a question of a wizard when the user presses its back button. */
export class Back extends Error {}

export type Report = (message: string, fraction?: number) => void;

/** Position of a question in a wizard. */
export interface StepPlace {
  /** From 1; undefined for a question that is not numbered, such as one behind a line of a summary. */
  readonly step?: number;
  readonly totalSteps?: number;
  readonly canGoBack: boolean;
}

export interface ListOptions extends Pick<
  vscode.QuickPickOptions,
  'title' | 'placeHolder' | 'matchOnDescription' | 'matchOnDetail' | 'ignoreFocusOut'
> {
  readonly place?: StepPlace;
}

export interface PickOptions<T> extends ListOptions {
  /** Item that Enter accepts; default: the first one. */
  readonly active?: T | undefined;
  /** Same items in the same order, with details that take time to read; the user may choose before they arrive. The signal stops it. */
  readonly later?: (signal: AbortSignal) => Promise<readonly T[]>;
}

export interface InputOptions extends Pick<
  vscode.InputBoxOptions,
  'title' | 'prompt' | 'value' | 'placeHolder' | 'password' | 'ignoreFocusOut'
> {
  /** Returns null when the value is valid, else the reason in one sentence. */
  readonly validateInput?: (value: string) => string | null;
  /** In a wizard: validates on every change, not only on Enter. */
  readonly live?: boolean;
  readonly place?: StepPlace;
}

/**
 * Questions and messages to the user, apart from trees, pages, documents and the items of the status bar.
 * Functions take it as an argument; the window implements it in the extension, and a script in tests.
 * Text is shown unchanged: text from a server passes `inert` or `plainText` first.
 */
export interface Ui {
  /**
   * Asks for one item of a list; undefined when the list was closed.
   * @throws Back only with a place that allows going back
   */
  pick<T extends vscode.QuickPickItem>(items: readonly T[], options: PickOptions<T>): Promise<T | undefined>;
  /** Asks for several items, those with `picked` selected at first; undefined when the list was closed. Throws as `pick`. */
  pickMany<T extends vscode.QuickPickItem>(
    items: readonly T[],
    options: ListOptions,
  ): Promise<readonly T[] | undefined>;
  /** Asks for a line of text that `validateInput` accepts; undefined when the box was closed. Throws as `pick`. */
  input(options: InputOptions): Promise<string | undefined>;
  /** Asks a modal question; undefined when it was closed. Enter presses the first button. */
  modal(question: string, detail: string, ...buttons: readonly string[]): Promise<string | undefined>;
  /** Shows a notification; resolves when the user chooses an action or closes it, which may be days later. */
  notify(
    kind: 'information' | 'warning' | 'error',
    text: string,
    ...actions: readonly string[]
  ): Promise<string | undefined>;
  /** Shows a notification while a task runs, with a button that cancels it. */
  progress<T>(title: string, onCancel: () => void, run: (report: Report) => Promise<T>): Promise<T>;
  openDialog(options: vscode.OpenDialogOptions): Promise<readonly vscode.Uri[] | undefined>;
  saveDialog(options: vscode.SaveDialogOptions): Promise<vscode.Uri | undefined>;
  /** Shows text in the status bar for some milliseconds. */
  status(text: string, ms: number): void;
  /** Copies to the clipboard. */
  copy(text: string): Promise<void>;
  /** Opens the browser, if the user allows it; false when nothing was opened. */
  openExternal(uri: vscode.Uri): Promise<boolean>;
}
