import * as vscode from 'vscode';
import { untrustedText } from '../core/redact.ts';
import type { Problem } from '../core/result.ts';
import { COMMANDS } from './contributions.ts';
import type { Log } from './log.ts';

/** A failure with something to tell the user; everything else that is thrown is a bug and shown as one. */
export class ProblemError extends Error {
  readonly problem: Problem;
  /** A command that does what the action says, offered as a button. */
  readonly remedy: { readonly title: string; readonly command: string; readonly args?: readonly unknown[] } | undefined;

  constructor(problem: Problem, remedy?: ProblemError['remedy']) {
    super(problem.message);
    this.problem = problem;
    this.remedy = remedy;
  }
}

/** The user closed a quick pick or an input box: nothing happened, nothing is said. */
export class Cancelled extends Error {}

export function asProblem(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  if (isProblem(error)) return error;
  if (error instanceof Error && 'problem' in error && isProblem(error.problem)) return error.problem;
  return {
    code: 'unexpected',
    message: `Something unexpected went wrong: ${error instanceof Error ? error.message : String(error)}.`,
    action: 'See the log for details.',
  };
}

function isProblem(value: unknown): value is Problem {
  return (
    typeof value === 'object' &&
    value !== null &&
    'code' in value &&
    'message' in value &&
    'action' in value &&
    typeof value.message === 'string' &&
    typeof value.action === 'string'
  );
}

/** One sentence and one action, as a notification. Text may come from a server: no control characters, no Markdown links. */
export async function showProblem(log: Log, error: unknown): Promise<void> {
  const problem = asProblem(error);
  log.error(`${problem.code}: ${problem.message} ${problem.action}`, error instanceof ProblemError ? undefined : error);
  const remedy = error instanceof ProblemError ? error.remedy : undefined;
  const buttons = [...(remedy ? [remedy.title] : []), 'Show Log'];
  const text = inert(`${problem.message} ${problem.action}`);
  const choice = await vscode.window.showErrorMessage(text, ...buttons);
  if (choice === undefined) return;
  if (remedy && choice === remedy.title) await vscode.commands.executeCommand(remedy.command, ...(remedy.args ?? []));
  else await vscode.commands.executeCommand(COMMANDS.showLog);
}

/** Notifications render `[text](link)`: a space after the bracket makes it plain text (links in a server's message are never ours). */
export function inert(text: string): string {
  return untrustedText(text, [], 1000).replace(/\]\(/g, '] (');
}
