import * as vscode from 'vscode';

/** Python Environments extension; its `exports` have `getEnvironments(scope)`. */
const EXTENSION = 'ms-python.vscode-python-envs';
/** It may look through the disk at its first use; then the PATH has to do. */
const PATIENCE_MS = 5000;

interface Environment {
  readonly version?: unknown;
  readonly execInfo?: { readonly run?: { readonly executable?: unknown } };
}

/**
 * Pythons that the Python Environments extension knows, newest first; none when it is absent, off, slow or fails. Global ones only: a
 * project's environment may be deleted with the project.
 */
export async function knownPythons(): Promise<readonly string[]> {
  const extension = vscode.extensions.getExtension<unknown>(EXTENSION);
  if (!extension) return [];
  let timer: NodeJS.Timeout | undefined;
  try {
    const late = new Promise<readonly string[]>((resolve) => {
      timer = setTimeout(() => {
        resolve([]);
      }, PATIENCE_MS);
    });
    return await Promise.race([ask(extension), late]);
  } catch {
    return [];
  } finally {
    clearTimeout(timer);
  }
}

async function ask(extension: vscode.Extension<unknown>): Promise<readonly string[]> {
  const api = (extension.isActive ? extension.exports : await extension.activate()) as
    { readonly getEnvironments?: (scope: 'global') => Promise<unknown> } | undefined;
  if (typeof api?.getEnvironments !== 'function') return [];
  const found = await api.getEnvironments('global');
  if (!Array.isArray(found)) return [];
  return (found as readonly (Environment | null)[])
    .flatMap((environment) => {
      const executable = environment?.execInfo?.run?.executable;
      const version = environment?.version;
      return typeof executable === 'string' && executable !== ''
        ? [{ executable, version: typeof version === 'string' ? version : '' }]
        : [];
    })
    .sort((a, b) => b.version.localeCompare(a.version, 'en', { numeric: true }))
    .map(({ executable }) => executable);
}
