import path from 'node:path';
import process from 'node:process';
import { t } from '../core/base/messages.ts';
import { RAY_TOKEN } from '../core/provider/rayToken.ts';
import { OpenWeightsEngine } from '../local/engines/openWeights/openWeightsEngine.ts';
import { findOrStart, type SharedOptions } from '../local/server/sharedServer.ts';
import { VERSION } from '../local/server/version.ts';
import { EXIT, parseOptions, UsageError } from './options.ts';
import { print, say, visible } from './terminal.ts';

interface Options {
  readonly data: string;
  readonly port: number;
  readonly shared: boolean;
  readonly idleMinutes: number;
  /** Document of the Ray cluster that trains; null: this machine. */
  readonly cluster: string | null;
  /** Folder with the list of open-weights models; null: that of the server. */
  readonly models: string | null;
}

/** Serves until SIGTERM or SIGINT; returns the exit code. */
export async function serve(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  try {
    return await (options.shared ? serveShared(options) : serveAlone(options));
  } catch (error) {
    say(visible(startProblem(error, options)));
    return EXIT.failed;
  }
}

async function serveAlone(options: Options): Promise<number> {
  const alone = await findOrStart({ ...serverOptions(options), idleMilliseconds: Infinity });
  if (alone.kind === 'there') {
    say(
      visible(
        t(
          'The folder {0} is served by another process already. Stop that one, or name another folder with --data.',
          options.data,
        ),
      ),
    );
    return EXIT.failed;
  }
  announce(alone.address.baseUrl, alone.address.apiKey);
  await stopRequested();
  await alone.close();
  return EXIT.ok;
}

async function serveShared(options: Options): Promise<number> {
  const shared = await findOrStart({ ...serverOptions(options), idleMilliseconds: options.idleMinutes * 60_000 });
  announce(shared.address.baseUrl, shared.address.apiKey);
  if (shared.kind === 'there') return EXIT.ok;
  await Promise.race([stopRequested(), shared.ended]);
  await shared.close();
  return EXIT.ok;
}

function serverOptions({ data, port, cluster, models }: Options): Omit<SharedOptions, 'idleMilliseconds'> {
  const common = { dataFolder: data, version: VERSION, port };
  if (cluster === null) return common;
  // Nothing but open-weights models is trained on a cluster.
  const parts = { file: cluster, token: process.env[RAY_TOKEN] ?? null };
  const engines = new OpenWeightsEngine(data, { cluster: parts, ...(models === null ? {} : { models }) });
  return { ...common, engines };
}

function announce(baseUrl: string, apiKey: string): void {
  // The process that started this one may have read its line and ended; the server stays.
  print(`${JSON.stringify({ base_url: baseUrl, api_key: apiKey })}\n`);
}

function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseOptions(args, {
    data: { type: 'string' },
    port: { type: 'string', default: '0' },
    shared: { type: 'boolean', default: false },
    'idle-minutes': { type: 'string', default: '10' },
    cluster: { type: 'string' },
    models: { type: 'string' },
  });
  if (positionals[0] !== undefined)
    throw new UsageError(t('serve takes options only, so {0} is not understood.', positionals[0]));
  if (values.data === undefined || values.data === '') throw new UsageError(t('--data DIR is missing.'));
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new UsageError(t('{0} is not a port.', values.port));
  const idleMinutes = Number(values['idle-minutes']);
  if (!(idleMinutes > 0)) throw new UsageError(t('{0} is not a number of minutes.', values['idle-minutes']));
  const { data, shared, cluster, models } = values;
  const resolved = (file: string | undefined): string | null => (file === undefined ? null : path.resolve(file));
  return { data: path.resolve(data), port, shared, idleMinutes, cluster: resolved(cluster), models: resolved(models) };
}

function stopRequested(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        resolve();
      });
    }
  });
}

/** Describes a failed start: one sentence about the cause and one about the remedy. */
function startProblem(error: unknown, options: Options): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'EADDRINUSE')
    return t('Port {0} is taken by another program. Use --port 0 for any free port.', String(options.port));
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM')
    return t('The folder {0} cannot be written to. Name another one with --data.', options.data);
  if (code === 'ENOTDIR' || code === 'EEXIST')
    return t('{0} is not a folder. Name another one with --data.', options.data);
  const action = t('Name another folder with --data or another port with --port.');
  return error instanceof Error
    ? `${t('The server could not start: {0}.', error.message)} ${action}`
    : `${t('The server could not start.')} ${action}`;
}
