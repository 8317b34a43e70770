import { t } from '../core/base/messages.ts';
import type { Capabilities, Capability, Endpoint } from '../core/provider/connection.ts';
import { hostOf } from '../core/provider/addresses.ts';
import { isProviderFailure, type ProviderFailure } from '../core/provider/failure.ts';

const PATHS = {
  models: '/models',
  files: '/files',
  fineTuning: '/fine_tuning/jobs',
  batches: '/batches',
} as const;

/** First sentence of a refusal; the reason follows it. */
const REFUSED: Readonly<Record<keyof Capabilities, () => string>> = {
  models: () => t('The key does not allow listing models.'),
  files: () => t('The key does not allow listing files.'),
  fineTuning: () => t('The key does not allow listing fine-tuning jobs.'),
  batches: () => t('The key does not allow listing batches.'),
};

/**
 * Requests each list once. The refusal of one says nothing about the others: a key restricted to fine-tuning may not list models and is
 * still a good key.
 * @param list resolves when the path holds a list, else rejects with a ProviderFailure
 * @throws ProviderFailure when no answer says anything about the API
 */
export async function probe(endpoint: Endpoint, list: (path: string) => Promise<unknown>): Promise<Capabilities> {
  const host = hostOf(endpoint.baseUrl);
  const failures: ProviderFailure[] = [];
  const ask = async (what: keyof Capabilities): Promise<Capability> => {
    try {
      await list(PATHS[what]);
      return 'yes';
    } catch (error) {
      if (!isProviderFailure(error)) throw error;
      failures.push(error);
      return judge(error, host, what);
    }
  };
  const [models, files, fineTuning, batches] = await Promise.all([
    ask('models'),
    ask('files'),
    ask('fineTuning'),
    ask('batches'),
  ]);
  const [first] = failures;
  if (first && failures.length === 4) {
    // The most telling failure: an address without any API is no provider, and neither is one that refuses the key everywhere.
    const telling = failures.find(({ status }) => status === 401) ?? first;
    if (failures.every(saysNothing) || failures.every(({ status }) => status === 401)) throw telling;
  }
  return { models, files, fineTuning, batches };
}

/** Tells whether the server was not reached, could not answer, or is no API at all. */
function saysNothing(failure: ProviderFailure): boolean {
  const { status, problem, advice } = failure;
  return status === null || status >= 500 || advice === 'later' || problem.code === 'not-the-api' || status === 404;
}

function judge(failure: ProviderFailure, host: string, what: keyof Capabilities): Capability {
  const { status, problem } = failure;
  const path = PATHS[what];
  if (status === 404 || status === 405 || status === 501) return { no: t('{0} has no {1}.', host, path) };
  if (problem.code === 'training-not-available') return { no: problem.message };
  // Single-page sites and some gateways answer every unknown path with a page.
  if (problem.code === 'not-the-api') return { no: t('{0} has no {1} that answers as the API does.', host, path) };
  if (status === 401 || status === 403) return { no: `${REFUSED[what]()} ${problem.message}` };
  return status !== null && status >= 400 && status < 500 && failure.advice === 'never'
    ? { no: problem.message }
    : 'unknown';
}
