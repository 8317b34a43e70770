import { existsSync } from 'node:fs';
import { capture } from './processes.ts';
import { findProgram } from './programs.ts';
import { withProgress } from './progress.ts';

/** Something a Debian package provides, and how to see whether it is there. */
export interface Requirement {
  /** Debian's name of it. */
  readonly package: string;
  /** What it is for, in a few words. */
  readonly purpose: string;
  readonly isPresent: () => boolean;
}

/** Missing system packages that this process cannot install. The message names all of them in one command. */
export class MissingPackages extends Error {
  constructor(missing: readonly Requirement[]) {
    const list = missing.map((one) => `  ${one.package} (${one.purpose})`).join('\n');
    super(`Missing on this machine:\n${list}\n${advice(missing.map((one) => one.package))}`);
    this.name = 'MissingPackages';
  }
}

function advice(packages: readonly string[]): string {
  if (process.platform === 'darwin') return 'On macOS run: xcode-select --install, and install Google Chrome.';
  if (process.platform === 'win32')
    return 'Install desktop VS Code with "code" on the PATH, and Google Chrome or Microsoft Edge.';
  // A new machine has no package lists yet.
  const install = `sudo apt-get update && sudo apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  return `On Debian or Ubuntu run this, then the same command again:\n  ${install}`;
}

/** Whether missing packages can be installed here without asking anybody: root, and Debian's package manager. */
function canInstall(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0 && findProgram('apt-get') !== undefined;
}

/**
 * Makes sure that everything is there: installs it when this is root on Debian, otherwise throws {@link MissingPackages}.
 * All requirements go into one call, so that one message names everything.
 */
export async function ensurePackages(requirements: readonly Requirement[], say: (line: string) => void): Promise<void> {
  const missing = requirements.filter((one) => !one.isPresent());
  if (missing.length === 0) return;
  if (!canInstall()) throw new MissingPackages(missing);
  const names = missing.map((one) => one.package);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['install', '-y', '-qq', '--no-install-recommends', ...names];
  const { code, output } = await withProgress(say, `Installing system packages: ${names.join(' ')}`, async () => {
    await capture('apt-get', ['update', '-qq'], { env });
    return await capture('apt-get', install, { env });
  });
  const still = requirements.filter((one) => !one.isPresent());
  if (code === 0 && still.length === 0) return;
  say(output.trimEnd().split('\n').slice(-25).join('\n'));
  throw new MissingPackages(still.length > 0 ? still : missing);
}

function program(name: string, debianPackage: string, purpose: string): Requirement {
  return { package: debianPackage, purpose, isPresent: () => findProgram(name) !== undefined };
}

/** What npm needs to compile the native modules of code-server: kerberos wants headers, the rest a C++ compiler. */
export const hostBuildTools: readonly Requirement[] = [
  program('python3', 'python3', 'to compile native modules'),
  program('make', 'make', 'to compile native modules'),
  program('g++', 'g++', 'to compile native modules'),
  {
    package: 'libkrb5-dev',
    purpose: 'headers for the kerberos module',
    isPresent: () => process.platform !== 'linux' || existsSync('/usr/include/gssapi/gssapi.h'),
  },
];
