import * as vscode from 'vscode';
import { Cancelled, inert } from './errors.ts';

/**
 * The one modal before money is spent. Enter and Escape spend nothing: the first button, which Enter presses, leads back to the
 * summary.
 * @returns false when the user wants to see the summary again
 * @throws Cancelled when the dialog was closed
 */
export async function confirmPaid(question: string, detail: string, start: string): Promise<boolean> {
  const back = 'Back to Summary';
  const choice = await vscode.window.showWarningMessage(
    inert(question),
    { modal: true, detail: inert(detail) },
    back,
    start,
  );
  if (choice === undefined) throw new Cancelled();
  return choice === start;
}
