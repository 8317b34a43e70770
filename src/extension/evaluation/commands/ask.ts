import type { RunConfig } from '../../../core/evaluation/types.ts';
import type { Provider } from '../../../core/provider/api.ts';
import { isProviderFailure } from '../../../core/provider/failure.ts';
import type { Ask } from '../../../evals/scheduler.ts';
import type { Providers } from '../../connections/providers.ts';

/** How long one reply may take; a provider that goes silent costs one slot for this long and no row. */
const REPLY_TIMEOUT_MS = 120_000;

/** Asks contestants over their connection. The client is looked up once, and again after a failure to reach it (new key, new port). */
export function askProvider(providers: Providers, config: RunConfig): Ask {
  const clients = new Map<string, Promise<Provider>>();
  return async (contestant, item, signal) => {
    const { connectionId, model } = contestant;
    if (connectionId === undefined || model === undefined) throw new Error(`${contestant.id} has nobody to ask.`);
    const client = clients.get(connectionId) ?? providers.get(connectionId);
    clients.set(connectionId, client);
    try {
      const provider = await client;
      return await provider.chat(
        { model, messages: item.messages, sampling: config.sampling },
        { signal, retries: 0, timeoutMs: REPLY_TIMEOUT_MS },
      );
    } catch (error) {
      if (!isProviderFailure(error) || error.status === null || error.status === 401) clients.delete(connectionId);
      throw error;
    }
  };
}
