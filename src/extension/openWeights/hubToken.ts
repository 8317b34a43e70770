import { t } from '../../core/base/messages.ts';
import { hubOf, takesToken } from '../../openWeights/downloads.ts';
import { Cancelled } from '../ui/errors.ts';
import { validateKey } from '../connections/addConnection.ts';
import type { OpenWeightsServices } from './shared.ts';

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
