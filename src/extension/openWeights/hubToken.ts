import { t } from '../../core/base/messages.ts';
import { hubOf, takesToken } from '../../openWeights/downloads.ts';
import { Cancelled, ProblemError } from '../ui/errors.ts';
import { plainText } from '../ui/plainText.ts';
import { validateKey } from '../connections/addConnection.ts';
import type { OpenWeightsServices } from './shared.ts';

/** Failures that a token may mend. */
const ASKS_TOKEN: ReadonlySet<string> = new Set(['gated', 'bad-token', 'no-model-or-private', 'no-dataset-or-private']);

/** The hub's token belongs to its origin: another HF_ENDPOINT has another one. */
function nameOf(hub: string): string {
  return `hub-token:${new URL(hub).origin}`;
}

/** Token that the user gave for this hub; null when there is none, or when it may not be sent there. */
export async function hubToken({ context }: OpenWeightsServices): Promise<string | null> {
  const hub = hubOf(process.env);
  return takesToken(hub) ? ((await context.secrets.get(nameOf(hub))) ?? null) : null;
}

/** Asks for a token and keeps it in secret storage; HF_TOKEN of the environment is offered, and used only when chosen. */
export async function askHubToken({ context, ui }: OpenWeightsServices, why: string): Promise<string | null> {
  const hub = hubOf(process.env);
  if (!takesToken(hub)) return null;
  const fromEnvironment = (process.env['HF_TOKEN'] ?? '').trim();
  const enter = {
    label: `$(key) ${t('Enter an access token…')}`,
    description: t('kept in secret storage'),
    take: false,
  };
  const take = {
    label: `$(terminal) ${t('Use HF_TOKEN from the environment')}`,
    description: t('ends in …{0}, copied to secret storage', fromEnvironment.slice(-4)),
    take: true,
  };
  const choice = await ui.pick(fromEnvironment.length >= 8 ? [enter, take] : [enter], {
    title: t('Access Token of the Hub'),
    placeHolder: why,
    ignoreFocusOut: true,
  });
  if (!choice) throw new Cancelled();
  const token = choice.take
    ? fromEnvironment
    : await ui.input({
        title: t('Access Token of the Hub'),
        prompt: t('Token for {0}: kept in secret storage, sent to this address only', new URL(hub).host),
        password: true,
        ignoreFocusOut: true,
        validateInput: (value) => (value.trim() === '' ? t('Paste the token.') : validateKey(value)),
      });
  if (token === undefined) throw new Cancelled();
  await context.secrets.store(nameOf(hub), token.trim());
  return token.trim();
}

/** Runs with the token that is there; where a token may mend the failure, one is asked for and it runs again, twice at most. */
export async function withHubToken<T>(
  services: OpenWeightsServices,
  run: (token: string | null) => Promise<T>,
): Promise<T> {
  let token = await hubToken(services);
  for (let tries = 0; ; tries += 1) {
    try {
      return await run(token);
    } catch (error) {
      const problem = error instanceof ProblemError ? error.problem : null;
      if (problem === null || tries > 1 || !ASKS_TOKEN.has(problem.code)) throw error;
      const given = await askHubToken(services, plainText(`${problem.message} ${problem.action}`));
      if (given === null) throw error;
      token = given;
    }
  }
}
