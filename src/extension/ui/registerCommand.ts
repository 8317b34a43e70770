import * as vscode from 'vscode';
import { Cancelled, showProblem, type Tell } from './errors.ts';
import type { CommandId } from '../contributions.ts';

/** Registers a command in the shared wrapper: a failure is shown as one sentence and one action, a canceled dialog is silent. */
export function registerCommand(
  services: Tell,
  id: CommandId,
  run: (...args: readonly unknown[]) => Promise<void> | void,
): vscode.Disposable {
  return vscode.commands.registerCommand(id, async (...args: unknown[]) => {
    try {
      await run(...args);
    } catch (error) {
      if (error instanceof Cancelled) return;
      void showProblem(services, error);
    }
  });
}
