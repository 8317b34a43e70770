// What host tests of datasets have in common: rows, waiting for states, problems in words, answers to questions.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';

export const row = (question: string, answer: string): string =>
  JSON.stringify({
    messages: [
      { role: 'user', content: question },
      { role: 'assistant', content: answer },
    ],
  });
export const rows = (count: number): string[] =>
  Array.from({ length: count }, (_, n) => row(`thing ${String(n)}`, `Price is $${String(n)}`));

/** Waits for a state; the last value is in the error. */
export async function eventually<T>(look: () => T | Promise<T>, isRight: (value: T) => boolean): Promise<T> {
  const until = performance.now() + 20_000;
  for (;;) {
    const value = await look();
    if (isRight(value)) return value;
    if (performance.now() > until) assert.fail(`It stayed ${JSON.stringify(value)}.`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** `5:47-48 json-trailing-comma Error` for every problem of a file. */
export function problemsOf(uri: vscode.Uri): string[] {
  return vscode.languages.getDiagnostics(uri).map(({ code, range, severity }) => {
    const value = typeof code === 'object' ? code.value : code;
    const { start, end } = range;
    return `${String(start.line + 1)}:${String(start.character + 1)}-${String(end.character + 1)} ${String(value)} ${vscode.DiagnosticSeverity[severity]}`;
  });
}

export const problemsBecome = (uri: vscode.Uri, expected: readonly string[]): Promise<string[]> =>
  eventually(
    () => problemsOf(uri),
    (found) => found.join('\n') === expected.join('\n'),
  );

/** The line and code of every problem of a file. */
export const codesOf = (uri: vscode.Uri): string[] =>
  problemsOf(uri).map((problem) => problem.replace(/:\S*/, '').replace(/ \w+$/, ''));

export const codesBecome = (uri: vscode.Uri, expected: readonly string[]): Promise<string[]> =>
  eventually(
    () => codesOf(uri),
    (found) => found.join('\n') === expected.join('\n'),
  );

/** What the extension asks and says, answered by the test instead of a person. The extension's `vscode` is this one. */
export class Answers {
  /** Every message shown, in order. */
  readonly said: string[] = [];
  /** The labels of every quick pick shown. */
  readonly offered: string[][] = [];
  private readonly window = vscode.window as unknown as Record<string, unknown>;
  private readonly originals = new Map<string, unknown>();

  /** `pick`: texts that are in the labels to choose, one a question; `input`: for every input box; `press`: buttons. */
  constructor(
    answers: { readonly pick?: readonly string[]; readonly input?: string; readonly press?: readonly string[] } = {},
  ) {
    const picks = [...(answers.pick ?? [])];
    this.put('showQuickPick', (items: readonly vscode.QuickPickItem[]) => {
      this.offered.push(items.map(({ label }) => label));
      const wanted = picks.shift();
      const item = wanted === undefined ? undefined : items.find(({ label }) => label.includes(wanted));
      return Promise.resolve(item);
    });
    this.put('showInputBox', (options: vscode.InputBoxOptions) => Promise.resolve(answers.input ?? options.value));
    for (const name of ['showInformationMessage', 'showWarningMessage', 'showErrorMessage']) {
      this.put(name, (message: string, ...rest: unknown[]) => {
        this.said.push(message);
        return Promise.resolve(rest.find((button) => (answers.press ?? []).includes(String(button))));
      });
    }
  }

  /** Gives the window its own questions back. */
  dispose(): void {
    for (const [name, original] of this.originals) this.window[name] = original;
  }

  private put(name: string, replacement: unknown): void {
    this.originals.set(name, this.window[name]);
    this.window[name] = replacement;
  }
}
