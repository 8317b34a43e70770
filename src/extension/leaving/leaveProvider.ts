import { t } from '../../core/base/messages.ts';
import { LOCAL_CONNECTION } from '../../connections/store.ts';
import { isServedHere, type Connection } from '../../core/provider/connection.ts';
import { Cancelled, ProblemError } from '../ui/errors.ts';
import { plainText } from '../ui/plainText.ts';
import { requireTrust } from '../ui/trust.ts';
import type { Services } from '../services.ts';

type LeaveServices = Pick<Services, 'connections' | 'panels' | 'runs' | 'ui'>;

/** Opens the page on which a provider is left: that of the connection, model or job that it was called on, else of one that is chosen. */
export async function leaveProvider(services: LeaveServices, arg: unknown): Promise<void> {
  requireTrust();
  const id = connectionIdOf(arg) ?? connectionOfRun(services, arg) ?? (await chooseConnection(services)).id;
  await services.panels.openLeave(id);
}

function connectionIdOf(arg: unknown): string | null {
  if (typeof arg === 'string') return arg;
  if (typeof arg !== 'object' || arg === null || !('connectionId' in arg)) return null;
  return typeof arg.connectionId === 'string' ? arg.connectionId : null;
}

/** Connection of the first model of a run that is asked elsewhere; null for what is no run. */
function connectionOfRun({ runs }: LeaveServices, arg: unknown): string | null {
  if (typeof arg !== 'object' || arg === null || !('runId' in arg)) return null;
  const run = runs.list().find(({ config }) => config.id === arg.runId);
  const ids = run?.config.contestants.flatMap(({ connectionId }) => connectionId ?? []) ?? [];
  return ids.find((id) => id !== LOCAL_CONNECTION.id) ?? null;
}

async function chooseConnection({ connections, ui }: LeaveServices): Promise<Connection> {
  const others = (await connections.list()).filter((connection) => !isServedHere(connection));
  const [only] = others;
  if (only === undefined) {
    throw new ProblemError(
      {
        code: 'no-connection',
        message: t('There is no connection to a provider that could be left.'),
        action: t('Add the one that you want to leave.'),
      },
      { title: t('Add Connection…'), command: 'tuningFork.addConnection' },
    );
  }
  if (others.length === 1) return only;
  const chosen = await ui.pick(
    others.map((connection) => ({
      label: plainText(connection.name),
      description: plainText(connection.baseUrl),
      connection,
    })),
    { title: t('Leave This Provider'), placeHolder: t('Which provider?') },
  );
  if (!chosen) throw new Cancelled();
  return chosen.connection;
}
