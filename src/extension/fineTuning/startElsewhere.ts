import { t } from '../../core/base/messages.ts';
import type { Capabilities, Connection } from '../../core/provider/connection.ts';
import { COMMANDS } from '../contributions.ts';
import { asProblem, inert, ProblemError, type Remedy } from '../ui/errors.ts';
import type { Services } from '../services.ts';
import { whyNotThere } from './wizard/methodSteps.ts';
import type { TuningPlan } from './wizard/tuningPlan.ts';

/** Largest number of buttons that fit into a message. */
const MOST_OFFERED = 2;

const NOT_LOOKED_AT: Capabilities = { models: 'unknown', files: 'unknown', fineTuning: 'unknown', batches: 'unknown' };

/**
 * Offers other connections for the same dataset when a provider no longer trains for this account, and saves that with the
 * connection. Returns any other failure unchanged.
 * @param again asks the open questions, from the base model on, and starts there
 */
export async function orElsewhere(
  services: Pick<Services, 'connections'>,
  error: unknown,
  plan: TuningPlan,
  again: (connection: Connection) => Promise<void>,
): Promise<unknown> {
  const problem = asProblem(error);
  if (problem.code !== 'training-not-available') return error;
  const { connection } = plan;
  const capabilities = { ...(connection.checked?.capabilities ?? NOT_LOOKED_AT), fineTuning: { no: problem.message } };
  await services.connections.update(connection.id, { checked: { at: Date.now(), capabilities } });
  const others = (await services.connections.list()).filter(
    (other) => other.id !== connection.id && whyNotThere(other, plan.method) === null,
  );
  // Newest connections first: Local, which always exists, is the last resort.
  const remedies = [...others]
    .reverse()
    .slice(-MOST_OFFERED)
    .map((other): Remedy => ({ title: t('Start on {0} Instead…', inert(other.name)), run: () => again(other) }));
  return new ProblemError(
    {
      ...problem,
      action:
        remedies.length === 0
          ? t('Add a connection to a provider that can train with this dataset.')
          : t('Use another connection for the same dataset.'),
    },
    ...(remedies.length === 0 ? [{ title: t('Add Connection…'), command: COMMANDS.addConnection }] : remedies),
    { title: t('Leave This Provider…'), command: COMMANDS.leaveProvider, args: [connection.id] },
  );
}
