import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import * as z from 'zod/mini';
import { ApiError } from '../../server/apiError.ts';
import { startProgram, type ChildProgram, type ProgramEnd } from './childProgram.ts';
import { endedSilently, NOT_SET_UP, notProtocol, ofTrainer } from './problems.ts';
import { deferred } from './deferred.ts';
import { parseOutput } from './protocol.ts';

const listeningSchema = z.object({ type: z.literal('listening'), port: z.int() });
/** How the program refuses a request, before its answer or in the middle of it. */
export const failureSchema = z.object({
  error: z.object({ message: z.string(), code: z.optional(z.nullable(z.string())), param: z.optional(z.unknown()) }),
});

/** Answer of the program to one request: what it says, in pieces. */
export type Served = IncomingMessage;

/** What the program knows a model by: where its base comes from, and the absolute path of an adapter. */
export interface ServedSpec {
  readonly base: string;
  /** Commit of the base at the hub; null for folders and files. */
  readonly revision: string | null;
  readonly adapter: string | null;
}

export interface ServeOptions {
  /** Null while training is not set up. */
  readonly python: () => string | null;
  /** Milliseconds without a request after which the process ends. */
  readonly idleMilliseconds: number;
}

interface Running {
  readonly program: ChildProgram;
  readonly port: Promise<number>;
  readonly token: string;
  /** Names that it was told. */
  readonly known: Map<string, Promise<void>>;
  readonly ended: Promise<null>;
}

/** The process that answers for open-weights models: started by the first request, ended when nobody asks any more. */
export class ServeProcess {
  readonly #options: ServeOptions;
  #running: Running | null = null;
  #active = 0;
  #idle: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(options: ServeOptions) {
    this.#options = options;
  }

  /**
   * Asks for a chat completion of `name`; resolves with the answer's beginning. Rejects with the problem as an error of the API, or with
   * the signal's reason. `done` has to be called when the answer was read or is not wanted any more.
   */
  async ask(
    name: string,
    spec: ServedSpec,
    body: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<{ readonly answer: Served; readonly done: () => void }> {
    signal.throwIfAborted();
    const done = this.#begin();
    try {
      const running = this.#ready();
      let known = running.known.get(name);
      if (!known) {
        // Several requests for one model wait for the same word, which none of them may take back.
        known = this.#tell(running, name, spec);
        running.known.set(name, known);
        known.catch(() => running.known.delete(name));
      }
      await Promise.race([known, aborted(signal)]);
      const answer = await this.#send(running, 'POST', '/v1/chat/completions', { ...body, model: name }, signal);
      return { answer, done };
    } catch (error) {
      done();
      throw error;
    }
  }

  /** Lets the process give a model back; nothing happens where it does not know it. */
  async forget(name: string): Promise<void> {
    const running = this.#running;
    if (!running?.known.delete(name)) return;
    await this.#send(running, 'DELETE', `/models/${encodeURIComponent(name)}`, null, null).then(
      (answer) => answer.resume(),
      () => undefined,
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#end();
  }

  #begin(): () => void {
    this.#active += 1;
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = null;
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      this.#active -= 1;
      if (this.#active > 0 || this.#closed) return;
      this.#idle = setTimeout(() => void this.#end(), this.#options.idleMilliseconds);
      this.#idle.unref();
    };
  }

  async #end(): Promise<void> {
    if (this.#idle !== null) clearTimeout(this.#idle);
    const running = this.#running;
    this.#running = null;
    running?.program.kill();
    await running?.ended;
  }

  /** The process, started where none runs: one that crashed is started again by the next request. */
  #ready(): Running {
    if (this.#closed) throw new ApiError(503, 'closing', 'The local server is ending.');
    if (this.#running) return this.#running;
    const python = this.#options.python();
    if (python === null) throw new ApiError(503, NOT_SET_UP.code, NOT_SET_UP.message);
    const token = randomBytes(32).toString('base64url');
    const port = deferred<number>();
    const ended = deferred<null>();
    // Told to each request that waits for it.
    port.promise.catch(() => undefined);
    let problem: ApiError | null = null;
    const program = startProgram(
      {
        command: python,
        args: ['-m', 'tuning_fork_trainer', 'serve', '--port', '0'],
        env: { TUNING_FORK_TRAINER_TOKEN: token },
      },
      {
        line: (line) => {
          const said = readLine(line);
          if (said.kind === 'port') port.resolve(said.port);
          if (said.kind === 'problem') {
            problem = said.problem;
            port.reject(said.problem);
            program.kill();
          }
        },
        tooLong: (beginning) => {
          problem = asApi(notProtocol(beginning));
          program.kill();
        },
        end: (end) => {
          if (this.#running?.program === program) this.#running = null;
          port.reject(problem ?? explained(end));
          ended.resolve(null);
        },
      },
    );
    this.#running = { program, port: port.promise, token, known: new Map(), ended: ended.promise };
    return this.#running;
  }

  /** A connection broke: the process has ended or is about to, which its exit tells a moment later. */
  #lost(running: Running): void {
    if (this.#running === running) this.#running = null;
    running.program.kill();
  }

  async #tell(running: Running, name: string, spec: ServedSpec): Promise<void> {
    const answer = await this.#send(running, 'PUT', `/models/${encodeURIComponent(name)}`, spec, null);
    answer.resume();
  }

  async #send(
    running: Running,
    method: string,
    path: string,
    body: unknown,
    signal: AbortSignal | null,
  ): Promise<IncomingMessage> {
    const port = await (signal ? Promise.race([running.port, aborted(signal)]) : running.port);
    const content = Buffer.from(JSON.stringify(body));
    // node:http and not fetch: proxy settings must not affect a request to this machine.
    const call = httpRequest({
      host: '127.0.0.1',
      port,
      method,
      path,
      agent: false,
      headers: {
        authorization: `Bearer ${running.token}`,
        'content-type': 'application/json',
        'content-length': content.length,
      },
      ...(signal ? { signal } : {}),
    });
    call.end(content);
    let answer: IncomingMessage;
    try {
      [answer] = (await once(call, 'response')) as [IncomingMessage];
    } catch {
      signal?.throwIfAborted();
      this.#lost(running);
      throw crashed();
    }
    answer.once('close', () => {
      if (!answer.complete && signal?.aborted !== true) this.#lost(running);
    });
    if (answer.statusCode !== undefined && answer.statusCode >= 400) throw await refusal(answer, answer.statusCode);
    return answer;
  }
}

type Said =
  | { readonly kind: 'port'; readonly port: number }
  | { readonly kind: 'problem'; readonly problem: ApiError }
  | { readonly kind: 'nothing' };

function readLine(line: string): Said {
  const output = parseOutput(line);
  if (output.ok) {
    return output.value.type === 'error'
      ? { kind: 'problem', problem: asApi(ofTrainer(output.value)) }
      : { kind: 'nothing' };
  }
  try {
    const listening = listeningSchema.safeParse(JSON.parse(line));
    if (listening.success) return { kind: 'port', port: listening.data.port };
  } catch {
    // Told below.
  }
  return { kind: 'problem', problem: asApi(notProtocol(output.error)) };
}

/** The program ended while it answered. */
export function crashed(): ApiError {
  const message =
    'The process that answers for open-weights models ended in the middle. Ask again: it is then started anew.';
  return new ApiError(503, 'trainer_ended', message);
}

function explained(end: ProgramEnd): ApiError {
  const last = end.stderr.at(-1);
  const { code, message } = endedSilently(end);
  return new ApiError(503, code, last === undefined ? message : `${message} It last wrote: ${last.slice(0, 300)}`);
}

function asApi({ code, message }: { readonly code: string; readonly message: string }): ApiError {
  return new ApiError(503, code, message);
}

async function refusal(answer: IncomingMessage, status: number): Promise<ApiError> {
  const failure = failureSchema.safeParse(await readJson(answer));
  if (!failure.success)
    return new ApiError(502, 'trainer_protocol', `The trainer refused the request (${String(status)}).`);
  const { message, code, param } = failure.data.error;
  return new ApiError(status, code ?? null, message, typeof param === 'string' ? param : null);
}

/** Null where it is no JSON. Rejects when the program ends in the middle. */
export async function readJson(answer: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of answer as AsyncIterable<Buffer>) parts.push(part);
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8'));
  } catch {
    return null;
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener(
      'abort',
      () => {
        reject(signal.reason as Error);
      },
      { once: true },
    );
  });
}
