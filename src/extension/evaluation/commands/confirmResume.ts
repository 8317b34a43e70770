import { listOf, t, tn } from '../../../core/base/messages.ts';
import { dollars } from '../../../core/cost/estimate.ts';
import { trainedOnSentence } from '../../../core/evaluation/report/words.ts';
import type { Contestant, TestItem } from '../../../core/evaluation/types.ts';
import { isFree } from '../../../core/provider/localModel.ts';
import type { EvaluationRun } from '../../../evals/runner.ts';
import type { Services } from '../../services.ts';
import { confirmPaid, refuseAboveCap } from '../../ui/confirmPaid.ts';
import { Cancelled } from '../../ui/errors.ts';
import { withCancel } from '../../ui/progress.ts';
import { askingPrice, type Asking } from '../askingPrice.ts';

type ResumeServices = Pick<Services, 'datasets' | 'providers' | 'ui'>;

/** A run as far as its price depends on it; one that is not made yet is `new`. */
export type OpenRequests = Pick<EvaluationRun, 'config' | 'items' | 'contestants' | 'openItems'> & {
  readonly status: EvaluationRun['status'] | 'new';
};

/**
 * Asks before the rest of a run is paid for, as a start does: its price, and the cap. Free requests need no question.
 * @returns the agreed price in US dollars; null when it is unknown
 * @throws Cancelled when it shall not be resumed; ProblemError when the cap does not allow it
 */
export async function confirmResume(services: ResumeServices, run: OpenRequests): Promise<number | null> {
  const askings = await openAskings(services, run);
  const paid = askings.filter(({ connection, model }) => !isFree(connection, model));
  if (paid.length === 0) return 0;
  const { usd, sentence } = askingPrice(askings);
  refuseAboveCap(usd, 'asking');
  const requests = paid.reduce((sum, asking) => sum + asking.requests, 0);
  const names = listOf([...new Set(paid.map(({ connection }) => connection.name))]);
  const trained = trainedOnSentence(run.config.trainedOn, run.items.length);
  const { accept, refuse } = buttonsOf(run, usd);
  const goOn = await confirmPaid(
    services.ui,
    run.status === 'new'
      ? tn(requests, 'Send {0} request to {1}?', 'Send {0} requests to {1}?', names)
      : tn(requests, 'Send {0} more request to {1}?', 'Send {0} more requests to {1}?', names),
    [sentence, ...(trained === null ? [] : [trained])].join(' '),
    accept,
    refuse,
  );
  if (!goOn) throw new Cancelled();
  return usd;
}

function buttonsOf(run: OpenRequests, usd: number | null): { readonly accept: string; readonly refuse: string } {
  if (run.status === 'new') {
    const accept = usd === null ? t('Start at Unknown Price') : t('Start for at Most {0}', dollars(usd));
    return { accept, refuse: t("Don't Start") };
  }
  if (run.status === 'finished') {
    const accept = usd === null ? t('Retry at Unknown Price') : t('Retry for at Most {0}', dollars(usd));
    return { accept, refuse: t("Don't Retry") };
  }
  const accept = usd === null ? t('Resume at Unknown Price') : t('Resume for at Most {0}', dollars(usd));
  return { accept, refuse: t("Don't Resume") };
}

/** The open requests to each model; tokens are counted only for those that have a price. */
async function openAskings({ datasets, providers, ui }: ResumeServices, run: OpenRequests): Promise<readonly Asking[]> {
  const open = run.contestants.flatMap((contestant) => {
    const { connectionId, model } = contestant;
    const items = contestant.kind === 'constant' ? [] : run.openItems(contestant.id);
    return items.length === 0 || connectionId === undefined || model === undefined
      ? []
      : [{ contestant, connectionId, model, items }];
  });
  const askings: Asking[] = [];
  for (const { contestant, connectionId, model, items } of open) {
    const connection = await providers.connection(connectionId);
    const inputTokens = isFree(connection, model)
      ? 0
      : await withCancel(ui, t('Counting the tokens of the remaining requests…'), async (signal) => {
          const { tokens, examples } = await datasets.countTokens(
            { name: 'rest', text: asDataset(run, items) },
            signal,
          );
          return examples === items.length ? tokens : null;
        });
    const samples = run.config.samples ?? 1;
    askings.push({
      connection,
      model,
      requests: items.length * samples,
      inputTokens: inputTokens === null ? null : inputTokens * samples,
      maxTokens: limitOf(run, contestant),
    });
  }
  return askings;
}

function limitOf({ config }: OpenRequests, contestant: Contestant): number {
  return contestant.maxTokens ?? config.sampling.maxTokens;
}

/** The items as lines of a dataset, with their answers, as the price of a start counts them. */
function asDataset({ config }: OpenRequests, items: readonly TestItem[]): string {
  return items
    .map(({ messages, truth }) => {
      const last = messages.at(-1);
      const isPrefix = last?.role === 'assistant' && last.content === config.answerPrefix;
      return JSON.stringify({
        messages: [...(isPrefix ? messages.slice(0, -1) : messages), { role: 'assistant', content: truth }],
      });
    })
    .join('\n');
}
