import * as vscode from 'vscode';
import { t } from '../../core/base/messages.ts';
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
import type { Problem } from '../../core/base/result.ts';
import { Cancelled, inert, ProblemError } from '../ui/errors.ts';
import { withCancel } from '../ui/progress.ts';
import type { Services } from '../services.ts';
import type { Ui } from '../ui/ui.ts';

/** Duration of a test's result in the status bar. */
const STATUS_MS = 10_000;

export type ConnectionServices = Pick<Services, 'connections' | 'keys' | 'providers' | 'ui'>;

/** Tests the capabilities of the key and saves them with the connection. Creates nothing and is free of charge. */
async function probe(services: ConnectionServices, connection: Connection): Promise<Capabilities> {
  const capabilities = await withCancel(services.ui, t('Testing {0}…', connection.name), async (signal) => {
    if (connection.kind === 'ray') await lookAtCluster(services, connection, signal);
    const provider = await services.providers.get(connection.id);
    return provider.probe({ signal });
  });
  await services.connections.update(connection.id, { checked: { at: Date.now(), capabilities } });
  return capabilities;
}

/**
 * Tests a connection after a change; success appears in the status bar only. A key restricted to fine-tuning may not list models, so
 * only a key that is refused everywhere or an address without an API is a failure.
 */
export async function tryOut(services: ConnectionServices, connection: Connection): Promise<void> {
  try {
    tell(services.ui, connection, await probe(services, connection));
    await vscode.commands.executeCommand(`${VIEWS.jobs}.focus`);
  } catch (error) {
    if (error instanceof Cancelled) return;
    const failure = failureOf(error);
    if (failure === null) throw error;
    const { status, problem } = failure;
    // Replaces the result of an earlier test.
    services.ui.status(`$(error) ${t('{0} is not connected', inert(connection.name))}`, STATUS_MS);
    const remove = t('Remove Connection');
    const [label, id] =
      status === 401 ? [t('Set API Key…'), COMMANDS.setApiKey] : [t('Test Again'), COMMANDS.checkConnection];
    // Not awaited: the connection exists, and its caller continues.
    void services.ui
      .notify(
        'warning',
        inert(`${t('{0} was saved but does not work yet.', connection.name)} ${problem.message} ${problem.action}`),
        label,
        remove,
      )
      .then((choice) => {
        if (choice === remove) void dropConnection(services, connection);
        else if (choice !== undefined) void vscode.commands.executeCommand(id, connection.id);
      });
  }
}

/** @throws ProblemError when the dashboard does not answer as it should */
async function lookAtCluster(
  { keys }: Pick<ConnectionServices, 'keys'>,
  connection: Connection,
  signal: AbortSignal,
): Promise<void> {
  const { readRayVersion } = await import('../../connections/clusterCheck.ts');
  const version = await readRayVersion(connection.baseUrl, await keys.get(connection), signal);
  if (!version.ok) throw new ProblemError(version.error);
}

/** What a failed test says; null for an error that is none of the provider's. */
function failureOf(error: unknown): { readonly status: number | null; readonly problem: Problem } | null {
  if (isProviderFailure(error)) return { status: error.status ?? null, problem: error.problem };
  if (!(error instanceof ProblemError)) return null;
  return { status: error.problem.code === 'bad-token' ? 401 : null, problem: error.problem };
}

function tell(ui: Ui, connection: Connection, capabilities: Capabilities): void {
  const name = inert(connection.name);
  const works = whatWorks(capabilities);
  ui.status(
    works === ''
      ? `$(warning) ${t('{0} responds, but supports no known capability', name)}`
      : `$(check) ${t('{0} is connected: {1}', name, works)}`,
    STATUS_MS,
  );
  const reason = whyNoTraining({ checked: { at: 0, capabilities } });
  const { models } = capabilities;
  if (reason === null && typeof models !== 'object') return;
  const message =
    reason === null
      ? `${t('{0} lists no models for this key, so you have to type their names.', name)} ${typeof models === 'object' ? models.no : ''}`
      : `${t('{0} cannot train with this key.', name)} ${reason}`;
  const again = t('Test Again');
  // Not awaited, as above.
  void ui.notify('information', inert(message), again).then((choice) => {
    if (choice === again) void vscode.commands.executeCommand(COMMANDS.checkConnection, connection.id);
  });
}

/** Deletes a connection and its key; the key of another account at the same provider stays. */
export async function dropConnection(services: ConnectionServices, connection: Connection): Promise<void> {
  await services.keys.settle(connection.baseUrl);
  await services.connections.remove(connection.id);
  await services.keys.delete(connection);
  services.providers.forget(connection.id);
}

/** Capabilities for a tooltip, one line each, with the reason when one is unavailable. */
export function capabilityLines(connection: Connection): readonly string[] {
  const { checked } = connection;
  if (!checked) return [t('Capabilities not tested yet.')];
  return [
    ...capabilityList(checked.capabilities).map(({ name, capability }) => {
      if (capability === 'yes') return t('{0}: yes', name);
      return capability === 'unknown' ? t('{0}: unknown', name) : t('{0}: no. {1}', name, capability.no);
    }),
    t('Tested on {0}.', dayAndTime(checked.at / 1000)),
  ];
}
