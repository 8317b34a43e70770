import * as vscode from 'vscode';
import { COMMANDS, type CommandTable } from '../contributions.ts';
import type { Services } from '../services.ts';
import { deleteModel, setDeployment } from './modelCommands.ts';
import { tryModel } from './tryModel.ts';

export function modelCommands(services: Services): CommandTable<'models'> {
  return {
    [COMMANDS.tryModel]: (...args) => tryModel(services, args),
    [COMMANDS.deleteModel]: async (arg) => {
      await deleteModel(services, arg);
      await vscode.commands.executeCommand(COMMANDS.refreshModels);
    },
    [COMMANDS.setDeployment]: (arg) => setDeployment(services, arg),
  };
}
