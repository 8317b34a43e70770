import http from 'node:http';
import { connect } from 'node:net';

/** Status and body; `hung up` when the server ended the connection without an answer. */
export interface Refusal {
  readonly status: number | 'hung up';
  readonly text: string;
  readonly headers: http.IncomingHttpHeaders;
}

export interface Attack {
  readonly method?: string;
  readonly target?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Bytes that are sent until the server has enough of them. */
  readonly stream?: number;
}

/** To the server on this port, with the token unless the headers have another. */
export async function sendAttack(port: number, authorization: string, attack: Attack): Promise<Refusal> {
  const { method = 'GET', target = '/v1/models', headers = {}, body, stream } = attack;
  const call = http.request({
    host: '127.0.0.1',
    port,
    method,
    path: target,
    agent: false,
    headers: { authorization, ...headers },
  });
  const answered = new Promise<Refusal>((resolve) => {
    call.once('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.once('close', () => {
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString(), headers: response.headers });
      });
    });
    call.once('error', () => {
      resolve({ status: 'hung up', text: '', headers: {} });
    });
  });
  if (stream === undefined) call.end(body);
  else void pour(call, body ?? '', stream);
  const refusal = await answered;
  call.destroy();
  return refusal;
}

async function pour(call: http.ClientRequest, first: string | Buffer, bytes: number): Promise<void> {
  const next = (event: string): Promise<void> => new Promise((resolve) => call.once(event, resolve));
  const closed = next('close');
  call.write(first);
  const chunk = Buffer.alloc(1024 * 1024, 0x20);
  for (let sent = 0; sent < bytes && !call.destroyed; sent += chunk.length)
    if (!call.write(chunk)) await Promise.race([next('drain'), closed]);
  call.end();
}

/** Text as it is, on a bare connection, until the server ends it. */
export async function sendRaw(port: number, text: string): Promise<Refusal> {
  const socket = connect(port, '127.0.0.1', () => socket.write(text));
  let answer = '';
  socket.on('data', (part) => (answer += part.toString()));
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('close', resolve));
  const status = /^HTTP\/1\.1 (\d{3})/u.exec(answer)?.[1];
  return { status: status === undefined ? 'hung up' : Number(status), text: answer, headers: {} };
}
