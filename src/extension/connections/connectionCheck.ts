import * as vscode from 'vscode';
import { dayAndTime } from '../../core/base/times.ts';
import {
  capabilityList,
  whatWorks,
  whyNoTraining,
  type Capabilities,
  type Connection,
} from '../../core/provider/connection.ts';
import { isProviderFailure } from '../../core/provider/failure.ts';
import { COMMANDS, VIEWS } from '../contributions.ts';
import { Cancelled, inert } from '../ui/errors.ts';
import { withCancel } from '../ui/progress.ts';
import type { Services } from '../services.ts';
import type { Ui } from '../ui/ui.ts';

/** How long the status bar says how a check ended. */
const STATUS_MS = 10_000;

export type ConnectionServices = Pick<Services, 'connections' | 'keys' | 'providers' | 'ui'>;

/** Finds out what the provider offers to the key and keeps it with the connection. Nothing is created, nothing costs. */
async function probe(services: ConnectionServices, connection: Connection): Promise<Capabilities> {
  const capabilities = await withCancel(services.ui, `Trying ${connection.name}…`, async (signal) => {
    const provider = await services.providers.get(connection.id);
    return provider.probe({ signal });
  });
  await services.connections.update(connection.id, { checked: { at: Date.now(), capabilities } });
  return capabilities;
}

/**
 * After something about a connection changed: one look at what works, told where it is quiet when all is well. A key restricted to
 * fine-tuning may not list models, so only a key that is refused everywhere or an address without an API is a failure.
 */
export async function tryOut(services: ConnectionServices, connection: Connection): Promise<void> {
  try {
    tell(services.ui, connection, await probe(services, connection));
    await vscode.commands.executeCommand(`${VIEWS.jobs}.focus`);
  } catch (error) {
    if (error instanceof Cancelled) return;
    if (!isProviderFailure(error)) throw error;
    const { status, problem } = error;
    // In place of what an earlier check may have said there.
    services.ui.status(`$(error) ${inert(connection.name)} is not connected`, STATUS_MS);
    const buttons = [...(status === 401 ? ['Set API Key…'] : ['Check Again']), 'Remove Connection'];
    // Not awaited: the connection exists, and whoever added it goes on.
    void services.ui
      .notify(
        'warning',
        inert(`${connection.name} was kept, but does not work yet: ${problem.message} ${problem.action}`),
        ...buttons,
      )
      .then((choice) => {
        if (choice === 'Remove Connection') void dropConnection(services, connection);
        else if (choice !== undefined) {
          const id = choice === 'Check Again' ? COMMANDS.checkConnection : COMMANDS.setApiKey;
          void vscode.commands.executeCommand(id, connection.id);
        }
      });
  }
}

function tell(ui: Ui, connection: Connection, capabilities: Capabilities): void {
  const name = inert(connection.name);
  const works = whatWorks(capabilities);
  ui.status(
    works === ''
      ? `$(warning) ${name} answers, but nothing was found to work`
      : `$(check) ${name} is connected: ${works}`,
    STATUS_MS,
  );
  const reason = whyNoTraining({ checked: { at: 0, capabilities } });
  const { models } = capabilities;
  if (reason === null && typeof models !== 'object') return;
  const message =
    reason === null
      ? `${name} has no list of models for this key, so a model's name has to be typed. ${typeof models === 'object' ? models.no : ''}`
      : `Nothing can be trained at ${name}. ${reason}`;
  // Not awaited, as above.
  void ui.notify('information', inert(message), 'Check Again').then((choice) => {
    if (choice === 'Check Again') void vscode.commands.executeCommand(COMMANDS.checkConnection, connection.id);
  });
}

/** Forgets a connection and its key; the key of another account at the same provider stays. */
export async function dropConnection(services: ConnectionServices, connection: Connection): Promise<void> {
  await services.keys.settle(connection.baseUrl);
  await services.connections.remove(connection.id);
  await services.keys.delete(connection);
  services.providers.forget(connection.id);
}

/** For a tooltip: one line for each thing, with its reason when it is off. */
export function capabilityLines(connection: Connection): readonly string[] {
  const { checked } = connection;
  if (!checked) return ['What it offers has not been looked at yet.'];
  return [
    ...capabilityList(checked.capabilities).map(({ name, capability }) => {
      if (capability === 'yes') return `${name}: yes`;
      return capability === 'unknown' ? `${name}: not known` : `${name}: no. ${capability.no}`;
    }),
    `Looked at on ${dayAndTime(checked.at / 1000)}.`,
  ];
}
