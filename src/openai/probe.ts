import type { Capabilities, Capability, Endpoint } from '../core/provider/connection.ts';
import { hostOf } from '../core/provider/addresses.ts';
import { isProviderFailure, type ProviderFailure } from '../core/provider/failure.ts';

const PATHS = {
  models: '/models',
  files: '/files',
  fineTuning: '/fine_tuning/jobs',
  batches: '/batches',
} as const;

const NOUNS: Readonly<Record<keyof Capabilities, string>> = {
  models: 'a list of models',
  files: 'files',
  fineTuning: 'fine-tuning jobs',
  batches: 'batches',
};

/**
 * Asks once for each list. One that is refused says nothing about the others: a key restricted to fine-tuning may not list models and is
 * a good key all the same.
 * @param list answers when the path holds a list, else rejects with a ProviderFailure
 * @throws ProviderFailure when none of them gave an answer that says anything
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
      return judge(error, `${host} has no ${PATHS[what]}`, NOUNS[what]);
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
    // The most telling one: an address without any API is not a provider, and neither is one that refuses the key everywhere.
    const telling = failures.find(({ status }) => status === 401) ?? first;
    if (failures.every(saysNothing) || failures.every(({ status }) => status === 401)) throw telling;
  }
  return { models, files, fineTuning, batches };
}

/** The server was not reached, could not answer, or is no API at all. */
function saysNothing(failure: ProviderFailure): boolean {
  const { status, problem, advice } = failure;
  return status === null || status >= 500 || advice === 'later' || problem.code === 'not-the-api' || status === 404;
}

function judge(failure: ProviderFailure, missing: string, noun: string): Capability {
  const { status, problem } = failure;
  if (status === 404 || status === 405 || status === 501) return { no: `${missing}.` };
  if (problem.code === 'training-not-available') return { no: problem.message };
  // A page for every path that is not known: what single-page sites and some gateways do.
  if (problem.code === 'not-the-api') return { no: `${missing} that answers as the API does.` };
  if (status === 401 || status === 403) return { no: `The key may not see ${noun}: ${decapitalise(problem.message)}` };
  return status !== null && status >= 400 && status < 500 && failure.advice === 'never'
    ? { no: problem.message }
    : 'unknown';
}

/** Host names stay as they are: sentences about failures begin with them. */
function decapitalise(sentence: string): string {
  return /^[A-Z][a-z]/.test(sentence) ? sentence.slice(0, 1).toLowerCase() + sentence.slice(1) : sentence;
}
