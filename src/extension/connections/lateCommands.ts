import { COMMANDS, type CommandTable } from '../contributions.ts';
import type { Services } from '../services.ts';
import { addConnection } from './addConnection.ts';
import { checkConnection, editConnection, removeConnection, renameConnection, setApiKey } from './commands.ts';

export function connectionCommands(services: Services): CommandTable<'connections'> {
  return {
    [COMMANDS.addConnection]: async () => {
      await services.watch.look((await addConnection(services)).id, true);
    },
    [COMMANDS.setApiKey]: (arg) => setApiKey(services, arg),
    [COMMANDS.checkConnection]: (arg) => checkConnection(services, arg),
    [COMMANDS.renameConnection]: (arg) => renameConnection(services, arg),
    [COMMANDS.editConnection]: (arg) => editConnection(services, arg),
    [COMMANDS.removeConnection]: (arg) => removeConnection(services, arg),
  };
}
