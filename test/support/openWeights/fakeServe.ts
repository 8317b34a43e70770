import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import path from 'node:path';

interface Ask {
  readonly model: string;
  readonly n?: number;
  readonly stream?: boolean;
  readonly max_tokens?: number;
  readonly tools?: readonly { readonly function: { readonly name: string } }[];
  readonly logprobs?: boolean;
  readonly top_logprobs?: number;
  readonly messages: readonly { readonly content: string }[];
}

interface Spec {
  readonly base: string;
  readonly revision: string | null;
  readonly adapter: string | null;
}

/** `python -m tuning_fork_trainer serve`: says which adapter was asked, and does what the question names. */
export function serve(): void {
  const models = new Map<string, Spec>();
  let begun = 0;
  let left = 0;
  process.stdin.resume().on('end', () => process.exit(0));

  const fail = (response: ServerResponse, status: number, code: string, message: string): void => {
    response.writeHead(status).end(JSON.stringify({ error: { message, type: 'invalid_request_error', code } }));
  };

  const complete = (ask: Ask, response: ServerResponse): void => {
    const spec = models.get(ask.model);
    if (!spec) {
      fail(response, 404, 'model_not_found', `No model ${ask.model}`);
      return;
    }
    const question = ask.messages.at(-1)?.content ?? '';
    if (question === 'crash') process.exit(1);
    if (question === 'too long') {
      fail(response, 400, 'context_length_exceeded', 'The prompt is longer than the model can read.');
      return;
    }
    const who = spec.adapter === null ? spec.base : path.basename(spec.adapter);
    const { revision } = spec;
    const facts: Readonly<Record<string, string | undefined>> = {
      pid: String(process.pid),
      begun: String(begun),
      left: String(left),
      revision: revision ?? undefined,
      environment: JSON.stringify(process.env),
    };
    const text = facts[question] ?? `${who} says ${question}`;
    if (question === 'wait') begun += 1;
    // Answers of different lengths, so that no mean is their sum.
    const usage = { prompt_tokens: 7, completion_tokens: 3 * (ask.n ?? 1) + (question === 'uneven' ? 1 : 0) };
    const logprobs = (word: string): unknown => {
      if (ask.logprobs !== true) return null;
      const entry = { token: word, logprob: -0.5, bytes: [...Buffer.from(word)] };
      return {
        content: [{ ...entry, top_logprobs: Array<unknown>(ask.top_logprobs ?? 0).fill(entry) }],
        refusal: null,
      };
    };
    const told = { tools: ask.tools ?? [], messages: ask.messages };
    const calls = (ask.tools ?? []).map(({ function: { name } }, place) => ({
      id: `call_${String(place)}`,
      type: 'function',
      function: { name, arguments: JSON.stringify(told) },
    }));
    const called = calls.length === 0 ? {} : { tool_calls: calls };
    const indexes = Array.from({ length: ask.n ?? 1 }, (_, index) => index);
    if (ask.stream !== true) {
      if (question === 'wait') {
        response.once('close', () => (left += 1));
        return;
      }
      const choices = indexes.map((index) => ({
        index,
        message: {
          role: 'assistant',
          content: calls.length > 0 ? null : index === 0 ? text : `${text} ${String(index)}`,
          ...called,
        },
        logprobs: logprobs(text),
        finish_reason: calls.length > 0 ? 'tool_calls' : ask.max_tokens === undefined ? 'stop' : 'length',
      }));
      response.end(JSON.stringify({ choices, usage }));
      return;
    }
    const chunk = (value: unknown): boolean => response.write(`data: ${JSON.stringify(value)}\n\n`);
    for (const index of indexes) {
      for (const word of text.match(/\s*\S+/gu) ?? [])
        chunk({ choices: [{ index, delta: { content: word }, logprobs: logprobs(word), finish_reason: null }] });
    }
    if (question === 'wait') {
      response.once('close', () => (left += 1));
      return;
    }
    if (question === 'break') process.exit(1);
    for (const index of indexes) {
      const tool_calls = calls.map((call, place) => ({ index: place, ...call }));
      if (calls.length > 0) chunk({ choices: [{ index, delta: { tool_calls }, finish_reason: null }] });
      chunk({ choices: [{ index, delta: {}, finish_reason: calls.length > 0 ? 'tool_calls' : 'stop' }] });
    }
    chunk({ choices: [], usage });
    response.end('data: [DONE]\n\n');
  };

  const server = createServer((request, response) => {
    void body(request).then((value) => {
      if (request.headers.authorization !== `Bearer ${process.env['TUNING_FORK_TRAINER_TOKEN'] ?? '?'}`) {
        fail(response, 401, 'invalid_api_key', 'The token is wrong.');
        return;
      }
      const name = decodeURIComponent((request.url ?? '').slice('/models/'.length));
      if (request.method === 'POST') complete(value as Ask, response);
      else if (request.method === 'PUT') {
        models.set(name, value as Spec);
        response.end('{}');
      } else {
        models.delete(name);
        response.end('{}');
      }
    });
  });
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    process.stdout.write(`${JSON.stringify({ type: 'listening', port: (address as { port: number }).port })}\n`);
  });
}

async function body(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return JSON.parse(Buffer.concat(parts).toString('utf8'));
}
