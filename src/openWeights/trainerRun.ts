// Commands of the trainer that read a document, tell messages, a JSON object a line, and end.
import path from 'node:path';
import * as z from 'zod/mini';
import type { Problem } from '../core/base/result.ts';
import { untrustedText } from '../core/base/untrustedText.ts';
import { cleanEnvironment } from './cleanEnvironment.ts';
import { parseJson } from './json.ts';
import { notUnderstood, trainerBroken, trainerKilled } from './problems.ts';
import { run } from './processes.ts';

/** Characters of a text of the trainer that are shown. */
export const SHOWN = 500;

export const count = z.int().check(z.minimum(0));
export const text = z.string().check(z.minLength(1));

export const errorMessage = z.object({ type: z.literal('error'), code: z.string(), message: text, action: text });
/** Of exports and pushes. */
export const progressMessage = z.strictObject({
  type: z.literal('progress'),
  stage: z.enum(['base', 'merge', 'write']),
  done: count,
  total: count,
});

export interface TrainerCall<M> {
  /** Python of the trainer. */
  readonly python: string;
  readonly command: 'estimate' | 'export' | 'push';
  /** Document of the command; temporary files of the program go into its folder. */
  readonly file: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** The hub's token, which only the environment of the process gets; absent: none. */
  readonly token?: string;
  /** Null for a value that is no message of the command. */
  readonly read: (value: unknown) => M | null;
  readonly onMessage?: (message: M) => void;
}

export interface TrainerTalk<M> {
  readonly messages: readonly M[];
  /** A line that was no message, which ended the program; null: there was none. */
  readonly odd: Problem | null;
  /** Why the program ended, where its last word is missing. */
  readonly end: Problem;
}

/** Characters of a line that is no message. */
const SHOWN_ODD = 120;
/** As shells tell of a process that SIGKILL ended. */
const KILLED = 137;

/** Runs a command to its end, also when the signal aborts; never rejects. */
export async function askTrainer<M>(call: TrainerCall<M>): Promise<TrainerTalk<M>> {
  const { python, command, file, env, signal, token, read, onMessage } = call;
  const folder = path.dirname(file);
  const messages: M[] = [];
  const odd: string[] = [];
  const stop = new AbortController();
  const ended = await run(
    { command: python, args: ['-m', 'tuning_fork_trainer', command, '--job', file] },
    {
      // Its own temporary files go with the folder, also when it was ended.
      env: {
        ...cleanEnvironment(env),
        ...{ TMPDIR: folder, TEMP: folder, TMP: folder },
        ...(token === undefined ? {} : { HF_TOKEN: token }),
      },
      signal: AbortSignal.any([signal, stop.signal]),
      onLine: (line, stream) => {
        if (stream === 'err' || line.trim() === '') return;
        const message = read(parseJson(line));
        if (message === null) {
          // Whatever it is, it is not the trainer, and might never end.
          odd.push(line);
          stop.abort();
          return;
        }
        messages.push(message);
        onMessage?.(message);
      },
    },
  );
  const [first] = odd;
  const isKilled = !ended.missing && (ended.code === null || ended.code === KILLED);
  const last = ended.lines.findLast((line) => line.trim() !== '') ?? '';
  return {
    messages,
    odd: first === undefined ? null : notUnderstood(untrustedText(first, [], SHOWN_ODD)),
    end: isKilled ? trainerKilled() : trainerBroken(untrustedText(last)),
  };
}

/** What the trainer says of its failure. @param secrets that are shown nowhere */
export function trainerProblem(error: z.infer<typeof errorMessage>, secrets: readonly string[] = []): Problem {
  const shown = (words: string): string => untrustedText(words, secrets, SHOWN);
  return { code: error.code, message: shown(error.message), action: shown(error.action) };
}
