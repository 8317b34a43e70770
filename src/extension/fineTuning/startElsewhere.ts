import type { Capabilities, Connection } from '../../core/provider/connection.ts';
import { COMMANDS } from '../contributions.ts';
import { asProblem, inert, ProblemError, type Remedy } from '../ui/errors.ts';
import type { Services } from '../services.ts';
import { whyNotThere } from './wizard/methodSteps.ts';
import type { TuningPlan } from './wizard/tuningPlan.ts';

/** More buttons than these do not fit into a message. */
const MOST_OFFERED = 3;

const NOT_LOOKED_AT: Capabilities = { models: 'unknown', files: 'unknown', fineTuning: 'unknown', batches: 'unknown' };

/**
 * When a provider no longer trains for this account, that is kept with the connection, and the others that can take the same dataset are
 * offered. Any other failure stays as it is.
 * @param again asks what is still open, from the base model on, and starts there
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
  // The newest additions first: Local, which is always there, is the last resort.
  const remedies = [...others]
    .reverse()
    .slice(-MOST_OFFERED)
    .map((other): Remedy => ({ title: `Start on ${inert(other.name)} Instead…`, run: () => again(other) }));
  return new ProblemError(
    {
      ...problem,
      action:
        remedies.length === 0
          ? 'Add a connection to a provider that can take this dataset.'
          : 'The same dataset can be trained on another connection.',
    },
    ...(remedies.length === 0 ? [{ title: 'Add Connection…', command: COMMANDS.addConnection }] : remedies),
  );
}
