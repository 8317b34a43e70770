import * as vscode from 'vscode';
import { COMMANDS, WALKTHROUGH, type CommandTable } from '../contributions.ts';
import type { Services } from '../services.ts';
import { clearData } from './clearData.ts';
import { exportDiagnostics } from './exportDiagnostics.ts';
import { deleteOrphans } from './orphanFiles.ts';

export function dataCommands(services: Services): CommandTable<'data'> {
  return {
    [COMMANDS.deleteOrphans]: (connection) => deleteOrphans(services, connectionIdOf(connection)),
    [COMMANDS.clearData]: () => clearData(services),
    [COMMANDS.exportDiagnostics]: () => exportDiagnostics(services),
    [COMMANDS.showLog]: () => {
      services.log.show();
    },
    [COMMANDS.getStarted]: async () => {
      await vscode.commands.executeCommand('workbench.action.openWalkthrough', WALKTHROUGH);
    },
  };
}

/** Id in a connection's node of the tree; undefined from the palette. */
function connectionIdOf(arg: unknown): unknown {
  return typeof arg === 'object' && arg !== null && 'connectionId' in arg ? arg.connectionId : undefined;
}
