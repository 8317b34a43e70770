// An empty window for activation: every export of `vscode` by its name, each of which can be called, constructed, extended and read.
// What activation asks for is answered with nothing: no documents, no settings, no editor.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);

interface Loader {
  _load(request: string, ...rest: readonly unknown[]): unknown;
}

/** Puts the window in the place of `vscode`; returns the context that the extension is activated with. */
export function installVscode(folders: { readonly storage: string; readonly extension: string }): object {
  const loader = require('node:module') as Loader;
  const load = loader._load.bind(loader);
  const window = stub();
  loader._load = (request, ...rest) => (request === 'vscode' ? window : load(request, ...rest));
  const uri = (fsPath: string): object => ({
    scheme: 'file',
    path: fsPath,
    fsPath,
    toString: () => `file://${fsPath}`,
  });
  return {
    subscriptions: [],
    extensionPath: folders.extension,
    extensionUri: uri(folders.extension),
    globalStorageUri: uri(folders.storage),
    secrets: { get: nothing, store: nothing, delete: nothing, onDidChange: () => anything },
    globalState: { get: (_: string, value: unknown) => value, update: nothing, keys: () => [] },
    workspaceState: { get: (_: string, value: unknown) => value, update: nothing, keys: () => [] },
    extension: {
      packageJSON: JSON.parse(readFileSync(path.join(folders.extension, 'package.json'), 'utf8')) as unknown,
    },
  };
}

const nothing = (): Promise<undefined> => Promise.resolve(undefined);

/** Callable, constructible, extensible, empty. */
function construct(this: unknown): unknown {
  return this;
}
const anything: unknown = new Proxy(construct, {
  get: (target, key) => {
    if (key === 'prototype') return target.prototype as unknown;
    if (key === 'then') return undefined;
    if (key === Symbol.iterator) return () => [][Symbol.iterator]();
    if (key === Symbol.toPrimitive) return () => '';
    return anything;
  },
  set: () => true,
  apply: () => anything,
});

/** A plain object of as many exports as the real one has: bundlers copy them one by one. */
function stub(): object {
  const types = readFileSync(require.resolve('@types/vscode/index.d.ts'), 'utf8');
  const names = [...types.matchAll(/^\texport (?:abstract )?(?:class|enum|namespace|const) (\w+)/gm)].map(
    ([, name = '']) => name,
  );
  return {
    ...Object.fromEntries(names.map((name) => [name, anything])),
    EventEmitter: class {
      readonly event = (): unknown => anything;
      fire = (): void => undefined;
      dispose = (): void => undefined;
    },
    workspace: new Proxy(
      {
        isTrusted: true,
        textDocuments: [],
        workspaceFolders: undefined,
        getConfiguration: () => ({ get: (_: string, value: unknown) => value, inspect: () => undefined }),
      },
      { get: (known, key) => (key in known ? known[key as keyof typeof known] : anything) },
    ),
    window: new Proxy(
      { activeTextEditor: undefined, visibleTextEditors: [] },
      { get: (known, key) => (key in known ? known[key as keyof typeof known] : anything) },
    ),
  };
}
