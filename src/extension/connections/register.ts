import type { LateCommands } from '../contributions.ts';
import type { Services } from '../services.ts';
import type { LimitsFile } from './limitsFile.ts';

/** Keeps clients, monitors and the limits for the command line in step with connections, keys and settings. */
export function registerConnections(
  { connections, keys, providers, watch }: Services,
  limits: LimitsFile,
  late: LateCommands,
): readonly { dispose(): unknown }[] {
  connections.watch();
  return [
    connections,
    limits,
    keys.onDidChange((connectionId) => {
      providers.forget(connectionId);
      watch.askAgain(connectionId);
    }),
    connections.onDidChange(() => {
      void connections.list().then((all) => {
        watch.keepOnly(all);
      });
    }),
    ...late('connections'),
  ];
}
