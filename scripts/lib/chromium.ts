import { existsSync, readdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { findProgram, firstExisting } from './programs.ts';
import { MissingPackages, type Requirement } from './systemPackages.ts';

/** The installed Chromium, Chrome or Edge: CHROME_PATH first, then the PATH, then each system's usual places. */
export function findChromium(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const chosen = env['CHROME_PATH'];
  if (chosen !== undefined && chosen !== '') return firstExisting([chosen]);
  const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'microsoft-edge'];
  const onPath = names.map((name) => findProgram(name, env['PATH'])).find((file) => file !== undefined);
  return onPath ?? firstExisting(usualPlaces(env));
}

function usualPlaces(env: NodeJS.ProcessEnv): string[] {
  if (process.platform === 'darwin') {
    const folders = ['/Applications', path.join(env['HOME'] ?? '', 'Applications')];
    const names = ['Google Chrome', 'Chromium', 'Microsoft Edge'];
    return folders.flatMap((folder) => names.map((name) => `${folder}/${name}.app/Contents/MacOS/${name}`));
  }
  if (process.platform === 'win32') {
    const folders = [env['PROGRAMFILES'], env['PROGRAMFILES(X86)'], env['LOCALAPPDATA']];
    const files = ['Google\\Chrome\\Application\\chrome.exe', 'Microsoft\\Edge\\Application\\msedge.exe'];
    return folders.flatMap((folder) => (folder === undefined ? [] : files.map((file) => path.join(folder, file))));
  }
  return ['/usr/bin/chromium', '/snap/bin/chromium', '/opt/google/chrome/chrome'];
}

/** System packages of the browser that shows VS Code and the panels without a desktop. */
export const browserPackages: readonly Requirement[] = [
  {
    package: 'chromium',
    purpose: 'the browser of the tests',
    // A browser of the user's own choice is not replaced: chromiumPath says when it does not exist.
    isPresent: () => (process.env['CHROME_PATH'] ?? '') !== '' || findChromium() !== undefined,
  },
  { package: 'fonts-dejavu-core', purpose: 'letters in that browser', isPresent: hasFonts },
];

/** Where fonts lie on Linux; elsewhere the system brings its own. */
function hasFonts(): boolean {
  if (process.platform !== 'linux') return true;
  const home = os.homedir();
  const folders = ['/usr/share/fonts', '/usr/local/share/fonts', `${home}/.fonts`, `${home}/.local/share/fonts`];
  return folders.some(
    (folder) =>
      existsSync(folder) &&
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).some((file) => /\.(ttf|otf|ttc|pfb)$/i.test(file)),
  );
}

/** The browser's path. Throws what to do when there is none. */
export function chromiumPath(): string {
  const found = findChromium();
  if (found !== undefined) return found;
  const chosen = process.env['CHROME_PATH'] ?? '';
  if (chosen === '') throw new MissingPackages(browserPackages.filter((one) => !one.isPresent()));
  throw new Error(`CHROME_PATH names ${chosen}, which does not exist.\nSet it to an installed Chromium or unset it.`);
}

/** Starts the browser without a window. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = chromiumPath();
  // Chromium refuses its sandbox to root, and containers have a small /dev/shm and no GPU.
  const args = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking'];
  args.push('--disable-component-update', '--disable-sync', '--no-first-run', '--disable-quic');
  return await chromium.launch({ executablePath, headless: true, args });
}
