import * as vscode from 'vscode';
import { t } from '../../core/base/messages.ts';
import { ProblemError } from './errors.ts';

/** Refuses uploads, training and requests outside trusted workspaces; the command stays visible and says why. */
export function requireTrust(): void {
  if (vscode.workspace.isTrusted) return;
  throw new ProblemError(
    {
      code: 'restricted-workspace',
      message: t('Uploading, training and requests to providers are off in Restricted Mode.'),
      action: t('Trust the workspace to continue.'),
    },
    { title: t('Manage Workspace Trust'), command: 'workbench.trust.manage' },
  );
}
