// `npm start`: opens VS Code with the extension and the sample workspace, and ends everything again on Ctrl-C.
// `npm start -- FOLDER` opens a folder of one's own, or a .code-workspace file, instead of the sample workspace.
// Options: --port N (browser host), --state DIR (profile), --no-open (print the address only).
import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { findDesktopCode, openDesktopCode } from './lib/desktop.ts';
import { ensureBrowserHost } from './lib/hostInstall.ts';
import { openProfile } from './lib/hostProfile.ts';
import { addressOf, installExtension, startHostServer } from './lib/hostServer.ts';
import { firstFreePort } from './lib/network.ts';
import { vsixFile } from './lib/packageExtension.ts';
import { inProject, projectCache } from './lib/paths.ts';
import { prepare } from './lib/prepare.ts';
import { commandLine, endGroup, isAlive, onStop, parentOf } from './lib/processes.ts';
import { findProgram } from './lib/programs.ts';

/** Keys and state live in the browser under this origin, so the port must stay the same from start to start. */
const defaultPort = 7317;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: 'string', default: String(defaultPort) },
    state: { type: 'string', default: path.join(projectCache, 'start') },
    'no-open': { type: 'boolean', default: false },
  },
});
/** The folder to open; relative to where npm was called, which is not where it runs its scripts. */
const workspace = ((): string => {
  const [chosen] = positionals;
  return chosen === undefined
    ? inProject('samples/workspace')
    : path.resolve(process.env['INIT_CWD'] ?? process.cwd(), chosen);
})();
const shown = positionals.length === 0 ? 'the sample workspace' : workspace;
const state = path.resolve(values.state);

function say(line: string): void {
  console.log(line);
}

/** Who runs on this profile: written while a browser host runs. */
interface Running {
  readonly starter: number;
  readonly server: number;
  readonly address: string;
}

const runningFile = path.join(state, 'running.json');

/** The address of a living earlier start; what is left of a killed one is ended. */
async function alreadyRunning(): Promise<string | undefined> {
  let running: Running;
  try {
    running = JSON.parse(await readFile(runningFile, 'utf8')) as Running;
  } catch {
    return undefined;
  }
  const ours = isAlive(running.server) && (await commandLine(running.server)).includes(state);
  if (ours && isAlive(running.starter)) return addressOf(new URL(running.address).origin, workspace);
  if (ours) await endGroup(running.server);
  await rm(runningFile, { force: true });
  return undefined;
}

/** Shows the address in the user's browser when there is one; the printed address is enough otherwise. */
function openInBrowser(address: string): void {
  if (values['no-open']) return;
  const hasDisplay = process.env['DISPLAY'] !== undefined || process.env['WAYLAND_DISPLAY'] !== undefined;
  const [command, args] = ((): [string | undefined, string[]] => {
    if (process.platform === 'darwin') return ['open', [address]];
    if (process.platform === 'win32') return ['explorer', [address]];
    return [hasDisplay ? findProgram('xdg-open') : undefined, [address]];
  })();
  if (command === undefined) return;
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
}

/** One sentence and one action before anything is installed or built. */
function checkFolder(): void {
  if (positionals.length > 1)
    throw new Error(`npm start opens one folder, not ${positionals.length}.\nQuote a name that has blanks.`);
  if (!existsSync(workspace)) throw new Error(`The folder ${workspace} does not exist.\nName one that does.`);
  if (!statSync(workspace).isDirectory() && !workspace.endsWith('.code-workspace'))
    throw new Error(`${workspace} is no folder.\nName a folder or a .code-workspace file.`);
}

async function startDesktop(code: string): Promise<void> {
  await prepare(['package'], say);
  const profile = await openProfile(path.join(state, 'desktop'));
  const window = await openDesktopCode(code, profile, vsixFile, workspace);
  say(`VS Code is open with ${shown}. Close it or press Ctrl-C to end it.`);
  await window.closed;
  await window.stop();
}

async function startBrowser(): Promise<void> {
  const address = await alreadyRunning();
  if (address !== undefined) {
    say(`Already running: ${address}`);
    openInBrowser(address);
    return;
  }
  await prepare(['host', 'package'], say);
  const host = await ensureBrowserHost(say);
  const profile = await openProfile(path.join(state, 'browser'));
  await installExtension(host, profile, vsixFile);

  const wanted = Number(values.port);
  const port = await firstFreePort(wanted);
  if (wanted !== 0 && port !== wanted) {
    say(
      `Port ${wanted} is taken by another program, so this is port ${port}. API keys are kept by the browser for one`,
    );
    say(`port: keys entered before are not seen here. End the other program to find them again.`);
  }
  const server = await startHostServer(host, profile, { port });
  const stopping = new AbortController();
  onStop(async () => {
    stopping.abort();
    await rm(runningFile, { force: true });
  });
  const running: Running = {
    starter: process.pid,
    server: server.pid,
    address: addressOf(server.origin, workspace),
  };
  await writeFile(runningFile, JSON.stringify(running));
  say('');
  say(`VS Code with Tuning Fork: ${running.address}`);
  say('Press Ctrl-C to end it.');
  openInBrowser(running.address);
  await server.ended;
  // Nothing more to do when it was us: the process exits when everything has ended.
  if (stopping.signal.aborted) return;
  await server.stop();
  await rm(runningFile, { force: true });
  throw new Error(`The VS Code server has ended by itself.\nIts last words are in ${server.logFile}.`);
}

/** npm that is killed alone cannot tell us: then we end as if we had been told. */
async function endWithNpm(): Promise<void> {
  if (process.env['npm_lifecycle_event'] === undefined || process.platform === 'win32') return;
  // npm runs scripts through a shell, which may or may not have put us in its own place.
  const grandparent = await parentOf(process.ppid);
  const isNpm = /\bnpm\b/.test(await commandLine(grandparent));
  const watched = isNpm ? [process.ppid, grandparent] : [process.ppid];
  setInterval(() => {
    if (!watched.every(isAlive)) process.kill(process.pid, 'SIGTERM');
  }, 500).unref();
}

try {
  await endWithNpm();
  checkFolder();
  const code = findDesktopCode();
  await (code === undefined ? startBrowser() : startDesktop(code));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
