import * as vscode from 'vscode';
import { ProblemError } from './errors.ts';

/** What uploads, trains or asks is for trusted workspaces only; the command stays visible and says why. */
export function requireTrust(what: string): void {
  if (vscode.workspace.isTrusted) return;
  throw new ProblemError(
    {
      code: 'restricted-workspace',
      message: `This workspace is in Restricted Mode, so ${what} is off.`,
      action: 'Trust the workspace to go on.',
    },
    { title: 'Manage Workspace Trust', command: 'workbench.trust.manage' },
  );
}
