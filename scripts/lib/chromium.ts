import path from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { findProgram, firstExisting } from './programs.ts';
import { ensurePackages } from './systemPackages.ts';

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

/** The browser's path; installs Debian's Chromium when there is none and we may, otherwise throws what to do. */
export async function ensureChromium(say: (line: string) => void): Promise<string> {
  const chosen = process.env['CHROME_PATH'];
  if (chosen !== undefined && chosen !== '' && findChromium() === undefined) {
    throw new Error(`CHROME_PATH names ${chosen}, which does not exist.\nSet it to an installed Chromium or unset it.`);
  }
  const isPresent = (): boolean => findChromium() !== undefined;
  const fonts = { package: 'fonts-dejavu-core', purpose: 'letters in screenshots', isPresent };
  await ensurePackages([{ package: 'chromium', purpose: 'to show VS Code without a desktop', isPresent }, fonts], say);
  const found = findChromium();
  if (found === undefined) throw new Error('Chromium was installed but is not on the PATH. Set CHROME_PATH to it.');
  return found;
}

/** Starts the browser without a window. */
export async function launchChromium(executablePath: string): Promise<Browser> {
  // Chromium refuses its sandbox to root, and containers have a small /dev/shm and no GPU.
  const args = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking'];
  args.push('--disable-component-update', '--disable-sync', '--no-first-run', '--disable-quic');
  return await chromium.launch({ executablePath, headless: true, args });
}
