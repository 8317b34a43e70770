// createFaultServer in a process of its own, so that clients can be killed, stopped or kept busy while it lives.
// It ends when its standard input does: nothing is left behind when whoever started it dies.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createFaultServer, type FaultServerOptions, type Ledger, type LocalFaultServer } from '../faultServer.ts';
import type { Fault } from './fault.ts';

export interface FaultServerProcess {
  readonly pid: number;
  readonly baseUrl: string;
  readonly apiKey: string;
  ledger(): Promise<Ledger>;
  /** `METHOD /path` of every request so far, in order. */
  routes(): Promise<readonly string[]>;
  script(route: string, ...faults: readonly Fault[]): Promise<void>;
  /** Past all faults. */
  direct(method: 'GET' | 'POST' | 'DELETE', target: string, body?: unknown): Promise<unknown>;
  restart(): Promise<void>;
  close(): Promise<void>;
}

interface Ready {
  readonly base_url: string;
  readonly api_key: string;
  readonly control: string;
}

interface Command {
  readonly do: 'ledger' | 'routes' | 'script' | 'direct' | 'restart';
  readonly arguments: readonly unknown[];
}

/** Options travel as JSON. Takes as long as a Node process takes to start (about a quarter of a second). */
export async function startFaultServerProcess(options: FaultServerOptions = {}): Promise<FaultServerProcess> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const line = await firstLine(child);
  const { base_url: baseUrl, api_key: apiKey, control } = JSON.parse(line) as Ready;
  const command = async (name: Command['do'], ...args: readonly unknown[]): Promise<unknown> => {
    const answer = await fetch(control, { method: 'POST', body: JSON.stringify({ do: name, arguments: args }) });
    if (!answer.ok) throw new Error(await answer.text());
    return ((await answer.json()) as { result?: unknown }).result;
  };
  return {
    pid: child.pid ?? 0,
    baseUrl,
    apiKey,
    ledger: async () => (await command('ledger')) as Ledger,
    routes: async () => (await command('routes')) as readonly string[],
    script: async (route, ...faults) => {
      await command('script', route, ...faults);
    },
    direct: (method, target, body) => command('direct', method, target, body),
    restart: async () => {
      await command('restart');
    },
    close: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('The process has no output.');
  const lines = createInterface({ input: child.stdout });
  const [line] = (await Promise.race([once(lines, 'line'), once(lines, 'close')])) as [string?];
  if (line === undefined) throw new Error('The fault server ended before it was ready.');
  return line;
}

async function run(server: LocalFaultServer, { do: name, arguments: args }: Command): Promise<unknown> {
  switch (name) {
    case 'ledger':
      return server.ledger;
    case 'routes':
      return server.requests.map(({ method, path }) => `${method} ${path}`);
    case 'script':
      server.script(...(args as Parameters<LocalFaultServer['script']>));
      return null;
    case 'direct':
      return server.direct(...(args as Parameters<LocalFaultServer['direct']>));
    case 'restart':
      await server.restart();
      return null;
  }
}

async function main(options: FaultServerOptions): Promise<void> {
  const server = await createFaultServer(options);
  const control = http.createServer((request, response) => {
    void (async () => {
      const parts: Buffer[] = [];
      for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
      const result = await run(server, JSON.parse(Buffer.concat(parts).toString('utf8')) as Command);
      response.end(JSON.stringify({ result }));
    })().catch((error: unknown) => {
      response.writeHead(500).end(error instanceof Error ? error.message : 'unknown error');
    });
  });
  await new Promise<void>((resolve) => control.listen(0, '127.0.0.1', resolve));
  const ready: Ready = {
    base_url: server.baseUrl,
    api_key: server.apiKey,
    control: `http://127.0.0.1:${String((control.address() as AddressInfo).port)}/`,
  };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
  process.stdin.resume();
  await once(process.stdin, 'end');
  control.closeAllConnections();
  control.close();
  await server.close();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(JSON.parse(process.argv[2] ?? '{}') as FaultServerOptions);
}
