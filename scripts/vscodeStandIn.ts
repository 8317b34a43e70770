#!/usr/bin/env node
// A stand-in for the desktop `code` executable where no desktop is: @vscode/test-electron starts it unchanged. It runs
// the tests in the extension host of the real VS Code server and shows the workbench in headless Chromium.
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import { format } from 'node:util';
import type { Page } from 'playwright-core';
import { launchChromium } from './lib/chromium.ts';
import { ensureBrowserHost } from './lib/hostInstall.ts';
import { deleteProfile, temporaryProfile, type HostProfile } from './lib/hostProfile.ts';
import { answers, freePort } from './lib/network.ts';
import { cleanEnvironment, endGroup, exited, onStop, waitUntil } from './lib/processes.ts';

/** What we understand of the desktop's command line; everything else has no meaning here. */
interface Arguments {
  readonly development: readonly string[];
  readonly tests: string | undefined;
  readonly extensions: string | undefined;
  readonly folder: string | undefined;
  readonly untrusted: boolean;
}

function parseArguments(argv: readonly string[]): Arguments {
  const values = (name: string): string[] =>
    argv.filter((one) => one.startsWith(`--${name}=`)).map((one) => one.slice(name.length + 3));
  return {
    development: values('extensionDevelopmentPath'),
    tests: values('extensionTestsPath')[0],
    extensions: values('extensions-dir')[0],
    folder: argv.find((one) => !one.startsWith('-')),
    untrusted: !argv.includes('--disable-workspace-trust'),
  };
}

/** Of the environment, the tests see what they would see on a desktop, except what would confuse the server. */
function testEnvironment(): NodeJS.ProcessEnv {
  return cleanEnvironment(
    Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('VSCODE_TEST_'))),
  );
}

interface Server {
  readonly origin: string;
  readonly ended: Promise<number>;
  readonly stop: () => Promise<void>;
}

async function startServer(args: Arguments, profile: HostProfile): Promise<Server> {
  const host = await ensureBrowserHost(console.log);
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const options = ['--host', '127.0.0.1', '--port', String(port), '--without-connection-token'];
  options.push('--accept-server-license-terms', '--disable-telemetry');
  options.push('--server-data-dir', path.join(profile.folder, 'server'), '--user-data-dir', profile.userData);
  options.push('--extensions-dir', args.extensions ?? profile.extensions);
  // Makes the page call codeAutomationLog and codeAutomationExit with the output and the result of the tests.
  options.push('--enable-smoke-test-driver');
  if (!args.untrusted) options.push('--disable-workspace-trust');
  const log = openSync(path.join(profile.folder, 'server.log'), 'w');
  const child = spawn(host.node, [host.vscodeServer, ...options], {
    env: testEnvironment(),
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  const { pid } = child;
  if (pid === undefined) throw new Error(`${host.node} could not be started.`);
  const stop = async (): Promise<void> => {
    unregister();
    await endGroup(pid);
  };
  const unregister = onStop(stop);
  await waitUntil('VS Code server answers', 60_000, () => answers(`${origin}/version`, 2000));
  return { origin, ended: exited(child), stop };
}

/** The address that makes the workbench load the extension from its folder and run the tests. */
function testAddress(origin: string, args: Arguments): string {
  const remote = (file: string): string => `vscode-remote://${new URL(origin).host}${path.resolve(file)}`;
  const payload = args.development.map((folder) => ['extensionDevelopmentPath', remote(folder)]);
  if (args.tests !== undefined) payload.push(['extensionTestsPath', remote(args.tests)]);
  payload.push(['skipWelcome', 'true'], ['skipReleaseNotes', 'true']);
  const query = new URLSearchParams({ payload: JSON.stringify(payload) });
  if (args.folder === undefined) query.set('ew', 'true');
  else query.set('folder', path.resolve(args.folder));
  return `${origin}/?${query.toString()}`;
}

/** Lines of VS Code itself that say nothing about the tests; TUNING_FORK_VERBOSE=1 shows them. */
const noise =
  /^%c|^(Resolv|Creating a socket|\[reconnection|\[remote-conn|\[AgentHost|\[Account|\[Chat|\[Service Worker|Updating additional|Ignoring following|getaddrinfo|Timed out waiting for auth|Error while fetching the extension)|open-vsx\.org/;

/** Opens the page and resolves with the exit code of the tests. */
async function runInPage(page: Page, address: string): Promise<number> {
  const verbose = process.env['TUNING_FORK_VERBOSE'] === '1';
  return await new Promise<number>((resolve, reject) => {
    page.on('crash', () => {
      reject(new Error('The page has crashed.'));
    });
    const open = async (): Promise<void> => {
      await page.exposeFunction('codeAutomationLog', (type: string, values: unknown[]) => {
        const text = format(...values);
        if (verbose || !noise.test(text)) process[type === 'error' ? 'stderr' : 'stdout'].write(`${text}\n`);
      });
      await page.exposeFunction('codeAutomationExit', resolve);
      await page.goto(address);
    };
    open().catch(reject);
  });
}

async function main(args: Arguments): Promise<number> {
  const profile = await temporaryProfile();
  const server = await startServer(args, profile);
  const browser = await launchChromium();
  try {
    const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: server.origin });
    const page = await context.newPage();
    const ended = server.ended.then(() => {
      throw new Error('The VS Code server has ended by itself.');
    });
    // Its end is expected once we stop it ourselves.
    ended.catch(() => undefined);
    return await Promise.race([runInPage(page, testAddress(server.origin, args)), ended]);
  } finally {
    await browser.close();
    await server.stop();
    await deleteProfile(profile);
  }
}

try {
  process.exitCode = await main(parseArguments(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
