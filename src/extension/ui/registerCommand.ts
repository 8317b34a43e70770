import * as vscode from 'vscode';
import { Cancelled, showProblem } from './errors.ts';
import type { CommandId } from '../contributions.ts';
import type { Log } from './log.ts';

/** Every command runs inside the same wrapper: a failure ends in one sentence and one action, a cancelled dialog in silence. */
export function registerCommand(
  log: Log,
  id: CommandId,
  run: (...args: readonly unknown[]) => Promise<void> | void,
): vscode.Disposable {
  return vscode.commands.registerCommand(id, async (...args: unknown[]) => {
    try {
      await run(...args);
    } catch (error) {
      if (error instanceof Cancelled) return;
      void showProblem(log, error);
    }
  });
}
