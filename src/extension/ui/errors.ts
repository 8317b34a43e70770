import * as vscode from 'vscode';
import { t } from '../../core/base/messages.ts';
import { isProblem, problemOf } from '../../core/provider/failure.ts';
import { untrustedText } from '../../core/base/untrustedText.ts';
import type { Problem } from '../../core/base/result.ts';
import { COMMANDS } from '../contributions.ts';
import type { Log } from './log.ts';
import type { Ui } from './ui.ts';

/** Failure with a message and an action for the user; any other error is a bug and shown as one. */
export class ProblemError extends Error {
  readonly problem: Problem;
  /** Buttons that carry out the action. */
  readonly remedies: readonly Remedy[];

  constructor(problem: Problem, ...remedies: readonly (Remedy | undefined)[]) {
    super(problem.message);
    this.problem = problem;
    this.remedies = remedies.filter((remedy) => remedy !== undefined);
  }
}

export type Remedy = { readonly title: string } & (
  { readonly command: string; readonly args?: readonly unknown[] } | { readonly run: () => Promise<void> }
);

/** The user closed a quick pick or an input box: nothing happened, and nothing is reported. */
export class Cancelled extends Error {}

/** Extracts the `Problem` from a thrown value, also when it is one itself. */
export function asProblem(error: unknown): Problem {
  return isProblem(error) ? error : problemOf(error);
}

/** Services that report a failure. */
export interface Tell {
  readonly log: Pick<Log, 'error'>;
  readonly ui: Pick<Ui, 'notify'>;
}

/** Shows one sentence and one action as a notification. Text may come from a server: no control characters, no Markdown links. */
export async function showProblem(services: Tell, error: unknown): Promise<void> {
  const problem = asProblem(error);
  services.log.error(
    `${problem.code}: ${problem.message} ${problem.action}`,
    error instanceof ProblemError ? undefined : error,
  );
  const remedies = error instanceof ProblemError ? error.remedies : [];
  const buttons = [...remedies.map(({ title }) => title), t('Show Log')];
  const text = inert(`${problem.message} ${problem.action}`);
  const choice = await services.ui.notify('error', text, ...buttons);
  if (choice === undefined) return;
  const remedy = remedies.find(({ title }) => title === choice);
  if (!remedy) await vscode.commands.executeCommand(COMMANDS.showLog);
  else if ('command' in remedy) await vscode.commands.executeCommand(remedy.command, ...(remedy.args ?? []));
  else {
    await remedy.run().catch((failure: unknown) => {
      if (!(failure instanceof Cancelled)) void showProblem(services, failure);
    });
  }
}

/** Adds a space after the bracket of `[text](link)`, which notifications would render (links in a server's message are never ours). */
export function inert(text: string): string {
  return untrustedText(text, [], 1000).replace(/\]\(/g, '] (');
}
