import { existsSync } from 'node:fs';
import { passThrough } from './processes.ts';
import { findProgram } from './programs.ts';

/** Something a Debian package provides, and how to see whether it is there. */
export interface Requirement {
  /** Debian's name of it. */
  readonly package: string;
  /** What it is for, in a few words. */
  readonly purpose: string;
  readonly isPresent: () => boolean;
}

/** A missing system package that we cannot install ourselves. The message says what to do. */
export class MissingPackages extends Error {
  constructor(missing: readonly Requirement[]) {
    const list = missing.map((one) => `${one.package} (${one.purpose})`).join(', ');
    const command = `apt-get install --no-install-recommends ${missing.map((one) => one.package).join(' ')}`;
    super(`Missing on this machine: ${list}.\n${advice(command)}`);
    this.name = 'MissingPackages';
  }
}

function advice(command: string): string {
  if (process.platform === 'linux') return `On Debian or Ubuntu run: sudo ${command}`;
  if (process.platform === 'darwin') return 'On macOS run: xcode-select --install, and install Google Chrome.';
  return 'Install desktop VS Code with "code" on the PATH, and Google Chrome or Microsoft Edge.';
}

/** Whether missing packages can be installed here without asking anybody: root, and Debian's package manager. */
export function canInstall(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0 && findProgram('apt-get') !== undefined;
}

/** Makes sure everything is there: installs it when we are root on Debian, otherwise throws {@link MissingPackages}. */
export async function ensurePackages(requirements: readonly Requirement[], say: (line: string) => void): Promise<void> {
  const missing = requirements.filter((one) => !one.isPresent());
  if (missing.length === 0) return;
  if (!canInstall()) throw new MissingPackages(missing);
  const names = missing.map((one) => one.package);
  say(`Installing system packages: ${names.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const stdio = ['ignore', 'ignore', 'inherit'] as const;
  await passThrough('apt-get', ['update', '-qq'], { env, stdio: [...stdio] });
  const install = ['install', '-y', '-qq', '--no-install-recommends', ...names];
  const code = await passThrough('apt-get', install, { env, stdio: [...stdio] });
  const still = requirements.filter((one) => !one.isPresent());
  if (code !== 0 || still.length > 0) throw new MissingPackages(still.length > 0 ? still : missing);
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
