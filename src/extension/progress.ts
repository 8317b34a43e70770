import * as vscode from 'vscode';
import { Cancelled } from './errors.ts';

export type Report = (message: string, fraction?: number) => void;

/**
 * Runs something with a cancellable progress notification.
 * @throws Cancelled when the user pressed Cancel and the task gave up for that reason.
 */
export async function withCancel<T>(
  title: string,
  run: (signal: AbortSignal, report: Report) => Promise<T>,
): Promise<T> {
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    async (progress, token) => {
      const abort = new AbortController();
      token.onCancellationRequested(() => {
        abort.abort();
      });
      let shown = 0;
      const report: Report = (message, fraction) => {
        const percent = fraction === undefined ? shown : Math.max(shown, Math.round(fraction * 100));
        progress.report({ message, increment: percent - shown });
        shown = percent;
      };
      try {
        return await run(abort.signal, report);
      } catch (error) {
        if (abort.signal.aborted) throw new Cancelled();
        throw error;
      }
    },
  );
}
