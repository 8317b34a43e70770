import type { RunConfig } from '../core/evaluation/types.ts';
import type { Provider } from '../core/provider/api.ts';
import { isProviderFailure } from '../core/provider/failure.ts';
import { type Ask, DEADLINE_MS } from './scheduler.ts';

/** Asks contestants over their connection. The client is looked up once, and again after a failure to reach it (new key, new port). */
export function askProvider(
  providers: { readonly get: (connectionId: string) => Promise<Pick<Provider, 'chat'>> },
  config: RunConfig,
): Ask {
  const clients = new Map<string, Promise<Pick<Provider, 'chat'>>>();
  // The scheduler ends a request that takes too long, and keeps its row; the client's own limit comes behind it.
  const timeoutMs = (config.deadlineMs ?? DEADLINE_MS) + 5000;
  return async (contestant, item, signal, sample) => {
    const { connectionId, model } = contestant;
    if (connectionId === undefined || model === undefined) throw new Error(`${contestant.id} has no model to ask.`);
    const client = clients.get(connectionId) ?? providers.get(connectionId);
    clients.set(connectionId, client);
    try {
      const provider = await client;
      const { leftOut, maxTokens = config.sampling.maxTokens } = contestant;
      return await provider.chat(
        {
          model,
          messages: item.messages,
          sampling: { ...config.sampling, maxTokens, seed: config.sampling.seed + sample },
          ...(leftOut === undefined ? {} : { leaveOut: leftOut }),
        },
        { signal, retries: 0, timeoutMs },
      );
    } catch (error) {
      if (!isProviderFailure(error) || error.status === null || error.status === 401) clients.delete(connectionId);
      throw error;
    }
  };
}
