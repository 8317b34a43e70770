// Exported models to the Hugging Face hub, by `tuning_fork_trainer push` in the trainer's Python. Its messages are those of `PushOutput` in
// trainer/src/tuning_fork_trainer/protocol.schema.json.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as z from 'zod/mini';
import { t } from '../core/base/messages.ts';
import { fail, ok, type Problem, type Result } from '../core/base/result.ts';
import { untrustedText } from '../core/base/untrustedText.ts';
import { hubOf, takesToken } from './downloads.ts';
import type { ExportedFile } from './exportModel.ts';
import { askTrainer, errorMessage, progressMessage, text, trainerProblem } from './trainerRun.ts';

export interface PushOptions {
  readonly python: string;
  readonly env: NodeJS.ProcessEnv;
  /** Access token of the hub that the environment names. */
  readonly token: string;
  readonly signal: AbortSignal;
}

export interface Account {
  readonly name: string;
  readonly organizations: readonly string[];
}

export interface PushRequest {
  /** Absolute folder. */
  readonly folder: string;
  /** `owner/name`. */
  readonly repository: string;
  readonly isPrivate: boolean;
  /** Files that were confirmed; no others are sent. */
  readonly files: readonly ExportedFile[];
}

export interface Pushed {
  readonly repository: string;
  /** Address of the repository's page. */
  readonly url: string;
}

/** The user cancelled. A repository that was made stays, empty: the files come with one commit at the end. */
export class PushCancelled extends Error {}

/** As the protocol describes them; a test compares the two. */
export const pushOutput = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('account'), name: text, organizations: z.array(z.string()) }),
  progressMessage,
  z.strictObject({ type: z.literal('pushed'), repository: text, url: text, commit: z.string() }),
  errorMessage,
]);
type Message = z.infer<typeof pushOutput>;

const OWNER = /^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,94}[A-Za-z0-9])?$/;
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?$/;

/** Tells names of repositories as the hub takes them: `owner/name`, without `..` and `--`. */
export function isRepository(typed: string): boolean {
  const [owner = '', name = '', ...more] = typed.split('/');
  return more.length === 0 && OWNER.test(owner) && NAME.test(name) && !/\.\.|--|\.git$/.test(typed);
}

/** Asks whose token it is; makes nothing. @throws PushCancelled when the signal aborts */
export async function accountOf(options: PushOptions): Promise<Result<Account>> {
  const answer = await ask({ version: 1, do: 'look' }, options, () => undefined);
  if (!answer.ok) return answer;
  const account = answer.value.messages.find((message) => message.type === 'account');
  if (!account) return fail(answer.value.end);
  const { name, organizations } = account;
  return ok({ name: untrustedText(name, [], 100), organizations: organizations.filter((one) => OWNER.test(one)) });
}

/**
 * Makes the repository and adds the files in one commit.
 * @param report bytes
 * @throws PushCancelled when the signal aborts
 */
export async function pushToHub(
  { folder, repository, isPrivate, files }: PushRequest,
  options: PushOptions,
  report: (done: number, total: number) => void,
): Promise<Result<Pushed>> {
  const document = { version: 1, do: 'send', folder, repository, private: isPrivate, files };
  const answer = await ask(document, options, (message) => {
    if (message.type === 'progress') report(message.done, message.total);
  });
  if (!answer.ok) return answer;
  const pushed = answer.value.messages.find((message) => message.type === 'pushed');
  return pushed ? ok({ repository: pushed.repository, url: pushed.url }) : fail(answer.value.end);
}

async function ask(
  document: object,
  { python, env, token, signal }: PushOptions,
  onMessage: (message: Message) => void,
): Promise<Result<{ readonly messages: readonly Message[]; readonly end: Problem }>> {
  const hub = hubOf(env);
  if (!takesToken(hub)) return fail(unsafeHub(hub));
  const own = await mkdtemp(path.join(tmpdir(), 'tuning-fork-push-'));
  try {
    const file = path.join(own, 'push.json');
    await writeFile(file, JSON.stringify(document), { mode: 0o600 });
    const read = (value: unknown): Message | null => pushOutput.safeParse(value).data ?? null;
    const { messages, odd, end } = await askTrainer({
      python,
      command: 'push',
      file,
      env,
      signal,
      token,
      read,
      onMessage,
    });
    // What was sent to its end is there, also when the user cancelled meanwhile.
    if (signal.aborted && !messages.some(({ type }) => type === 'pushed')) throw new PushCancelled();
    if (odd) return fail(odd);
    const error = messages.find((message) => message.type === 'error');
    if (error) return fail(trainerProblem(error, [token]));
    return ok({ messages, end });
  } finally {
    await rm(own, { recursive: true, force: true, maxRetries: 3 });
  }
}

export function unsafeHub(hub: string): Problem {
  return {
    code: 'unsafe-hub',
    message: t('{0} is not reached over https, so no access token is sent there.', untrustedText(hub, [], 100)),
    action: t('Correct HF_ENDPOINT.'),
  };
}
