import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import path from 'node:path';

interface Ask {
  readonly model: string;
  readonly n?: number;
  readonly stream?: boolean;
  readonly max_tokens?: number;
  readonly messages: readonly { readonly content: string }[];
}

/** `python -m tuning_fork_trainer serve`: says which adapter was asked, and does what the question names. */
export function serve(): void {
  const models = new Map<string, { readonly base: string; readonly adapter: string | null }>();
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
    const facts: Readonly<Record<string, number>> = { pid: process.pid, begun, left };
    const text = String(facts[question] ?? `${who} says ${question}`);
    if (question === 'wait') begun += 1;
    const usage = { prompt_tokens: 7, completion_tokens: 3 * (ask.n ?? 1), total_tokens: 10 };
    const indexes = Array.from({ length: ask.n ?? 1 }, (_, index) => index);
    if (ask.stream !== true) {
      if (question === 'wait') {
        response.once('close', () => (left += 1));
        return;
      }
      const choices = indexes.map((index) => ({
        index,
        message: { role: 'assistant', content: index === 0 ? text : `${text} ${String(index)}` },
        finish_reason: ask.max_tokens === undefined ? 'stop' : 'length',
      }));
      response.end(JSON.stringify({ choices, usage }));
      return;
    }
    const chunk = (value: unknown): boolean => response.write(`data: ${JSON.stringify(value)}\n\n`);
    for (const index of indexes) {
      for (const word of text.match(/\s*\S+/gu) ?? [])
        chunk({ choices: [{ index, delta: { content: word }, finish_reason: null }] });
    }
    if (question === 'wait') {
      response.once('close', () => (left += 1));
      return;
    }
    if (question === 'break') process.exit(1);
    for (const index of indexes) chunk({ choices: [{ index, delta: {}, finish_reason: 'stop' }] });
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
        models.set(name, value as { base: string; adapter: string | null });
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
