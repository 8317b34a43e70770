import { serverFolder } from '../../connections/localServers.ts';
import { isServedHere } from '../../core/provider/connection.ts';
import type { Services } from '../services.ts';
import type { ModelServer } from './keptData.ts';

/** Servers of this machine, which keep models. @param start whether one that does not run is started when it is asked for them */
export async function modelServers(
  { connections, folder, providers }: Pick<Services, 'connections' | 'folder' | 'providers'>,
  start: boolean,
): Promise<readonly ModelServer[]> {
  return (await connections.list()).filter(isServedHere).map((connection) => ({
    connectionId: connection.id,
    folder: serverFolder(folder, connection),
    provider: () => (start ? providers.get(connection.id) : providers.getRunning(connection.id)),
  }));
}
