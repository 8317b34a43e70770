import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import process from 'node:process';

/** `publisher.name` of the extension: VS Code names its folder after it. */
const EXTENSION_ID = 'tuning-fork.tuning-fork';

/** Folders in which VS Code and its forks keep this extension's files, most common first; those of this machine before a server's. */
export function extensionFolders(
  platform: NodeJS.Platform = process.platform,
  environment: NodeJS.ProcessEnv = process.env,
  home: string = homedir(),
): readonly string[] {
  const of = platform === 'win32' ? path.win32 : path.posix;
  const join = (...parts: readonly string[]): string => of.join(...parts);
  const settings =
    platform === 'win32'
      ? (environment['APPDATA'] ?? join(home, 'AppData', 'Roaming'))
      : platform === 'darwin'
        ? // eslint-disable-next-line tuning-fork/translated -- the name of a folder
          join(home, 'Library', 'Application Support')
        : (environment['XDG_CONFIG_HOME'] ?? join(home, '.config'));
  const products = ['Code', 'Code - Insiders', 'VSCodium', 'Cursor', 'Windsurf'].map((name) => join(settings, name));
  // Remote windows (SSH, WSL, containers) run their extensions on this side.
  const servers = ['.vscode-server', '.vscode-server-insiders', '.vscodium-server'].map((name) =>
    join(home, name, 'data'),
  );
  return [...products, ...servers].map((folder) => join(folder, 'User', 'globalStorage', EXTENSION_ID));
}

/** Folder of the extension: the first that exists, else the one that the desktop VS Code would make. */
export function extensionFolder(): string {
  const folders = extensionFolders();
  return folders.find((folder) => existsSync(folder)) ?? folders[0] ?? path.resolve('.tuning-fork');
}
