import path from 'node:path';
import { t } from '../../core/base/messages.ts';
import { isServedHere, type Connection } from '../../core/provider/connection.ts';
import { serverFolder } from '../../connections/localServers.ts';
import { profileOf } from '../../core/provider/profiles.ts';
import type { ChatMessage } from '../../core/dataset/example.ts';
import { codeSnippet, type SnippetInput, type SnippetLanguage } from '../../core/training/words/codeSnippets.ts';
import type { JobRecord } from '../../jobs/store/jobRecord.ts';
import type { Services } from '../services.ts';

export type SnippetServices = Pick<Services, 'datasets' | 'folder' | 'jobs' | 'log' | 'providers' | 'ui'>;

/** Characters of a prompt in copied code; a longer one is cut off. */
const MAX_PROMPT = 300;

/**
 * Copies code that runs as pasted: it sends a prompt from the training file. It never contains a key; for the embedded server it reads
 * the file with its address and token, since both change with each start.
 * @param about model by its name, or a job whose model the code looks up
 */
export async function copyCodeFor(
  services: SnippetServices,
  language: SnippetLanguage,
  connectionId: string,
  about: { readonly model: string } | { readonly record: JobRecord },
): Promise<void> {
  const connection = await services.providers.connection(connectionId);
  // Also starts the embedded server, so that the pasted code finds it.
  if (isServedHere(connection)) await services.providers.get(connectionId);
  const model = 'model' in about ? about.model : about.record.job.fineTunedModel;
  const record =
    'record' in about
      ? about.record
      : services.jobs.list(connectionId).find(({ job }) => job.fineTunedModel === about.model);
  const code = codeSnippet({
    language,
    ...placeOf(services.folder, connection),
    keyHeader: profileOf(connection.kind).keyHeader,
    messages: await promptOf(services, record),
    ...(model === null ? {} : { model: connection.deployments?.[model] ?? model }),
    ...(record === undefined ? {} : { jobId: record.job.id }),
  });
  await services.ui.copy(code);
  services.ui.status(`$(copy) ${t('Code copied')}`, 3000);
}

function placeOf(folder: string, connection: Connection): Pick<SnippetInput, 'baseUrl' | 'serverFile'> {
  return isServedHere(connection)
    ? { baseUrl: null, serverFile: path.join(serverFolder(folder, connection), 'server.json') }
    : { baseUrl: connection.baseUrl };
}

/** First question of the training file, and the beginning that all answers share. */
async function promptOf(
  { datasets, log }: SnippetServices,
  record: JobRecord | undefined,
): Promise<NonNullable<SnippetInput['messages']>> {
  const fallback = [{ role: 'user', content: t('Your question') }];
  const file = record?.local.trainingPath ?? null;
  if (!record || file === null) return fallback;
  const prefix = record.local.answerPrefix;
  try {
    const [row] = await datasets.rows({ path: file }, 0, 1);
    const messages = (row?.messages ?? []).flatMap(textOf);
    const asked = messages.findIndex(({ role }) => role === 'user');
    if (asked < 0) return fallback;
    return [
      ...messages.slice(0, asked + 1),
      // The reply continues from there, as in training.
      ...(prefix === null ? [] : [{ role: 'assistant', content: prefix }]),
    ];
  } catch (error) {
    log.warn(`The training file's copy could not be read: ${error instanceof Error ? error.message : String(error)}`);
    return fallback;
  }
}

function textOf({ role, content }: ChatMessage): { readonly role: string; readonly content: string }[] {
  if (typeof content !== 'string') return [];
  return [{ role, content: content.length <= MAX_PROMPT ? content : `${content.slice(0, MAX_PROMPT)}…` }];
}
