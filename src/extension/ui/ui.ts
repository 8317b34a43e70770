import type * as vscode from 'vscode';

/** Thrown by a question of a wizard when its back button was pressed. */
export class Back extends Error {}

export type Report = (message: string, fraction?: number) => void;

/** Where in a wizard a question stands. */
export interface StepPlace {
  /** From 1. */
  readonly step: number;
  readonly totalSteps: number;
  readonly canGoBack: boolean;
}

export interface ListOptions extends Pick<
  vscode.QuickPickOptions,
  'title' | 'placeHolder' | 'matchOnDescription' | 'matchOnDetail' | 'ignoreFocusOut'
> {
  readonly place?: StepPlace;
}

export interface PickOptions<T> extends ListOptions {
  /** The item on which Enter falls; without it the first one. */
  readonly active?: T | undefined;
  /** The same items with what takes a while to read, in the same order; they may be chosen from before. The signal ends it. */
  readonly later?: (signal: AbortSignal) => Promise<readonly T[]>;
}

export interface InputOptions extends Pick<
  vscode.InputBoxOptions,
  'title' | 'prompt' | 'value' | 'placeHolder' | 'password' | 'ignoreFocusOut'
> {
  /** Null when the value can be taken, else why it cannot: one sentence. */
  readonly validateInput?: (value: string) => string | null;
  /** In a wizard: whatever is typed is judged at once, not only what is accepted. */
  readonly live?: boolean;
  readonly place?: StepPlace;
}

/**
 * Everything that is asked of a person or told to one, apart from trees, pages, documents and the items of the status bar.
 * Functions take it as an argument; the window answers it in the extension, and a script in tests.
 * Text is shown as it is: what comes from a server passes `inert` or `plainText` first.
 */
export interface Ui {
  /**
   * One item of a list; undefined when the list was closed.
   * @throws Back only with a place that one can go back from
   */
  pick<T extends vscode.QuickPickItem>(items: readonly T[], options: PickOptions<T>): Promise<T | undefined>;
  /** Several items, those with `picked` ticked at first; undefined when the list was closed. Throws as `pick`. */
  pickMany<T extends vscode.QuickPickItem>(
    items: readonly T[],
    options: ListOptions,
  ): Promise<readonly T[] | undefined>;
  /** A line of text that `validateInput` takes; undefined when the box was closed. Throws as `pick`. */
  input(options: InputOptions): Promise<string | undefined>;
  /** A question that nothing goes on without; undefined when it was closed. Enter presses the first button. */
  modal(question: string, detail: string, ...buttons: readonly string[]): Promise<string | undefined>;
  /** A notification; resolves when one of its actions was chosen or it was closed, which may be days later. */
  notify(
    kind: 'information' | 'warning' | 'error',
    text: string,
    ...actions: readonly string[]
  ): Promise<string | undefined>;
  /** A notification of a task that goes on, with a button that cancels it. */
  progress<T>(title: string, onCancel: () => void, run: (report: Report) => Promise<T>): Promise<T>;
  openDialog(options: vscode.OpenDialogOptions): Promise<readonly vscode.Uri[] | undefined>;
  saveDialog(options: vscode.SaveDialogOptions): Promise<vscode.Uri | undefined>;
  /** Words in the status bar, for some milliseconds. */
  status(text: string, ms: number): void;
  /** To the clipboard. */
  copy(text: string): Promise<void>;
  /** In the browser, if the person lets it; false when nothing was opened. */
  openExternal(uri: vscode.Uri): Promise<boolean>;
}
