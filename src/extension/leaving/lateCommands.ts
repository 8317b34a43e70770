import { COMMANDS, type CommandTable } from '../contributions.ts';
import type { Services } from '../services.ts';
import { leaveProvider } from './leaveProvider.ts';

export function leavingCommands(services: Services): CommandTable<'leaving'> {
  return { [COMMANDS.leaveProvider]: (arg) => leaveProvider(services, arg) };
}
