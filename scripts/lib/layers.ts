import path from 'node:path';

/** What the code of one folder may import. Everything that is not listed is forbidden. */
export interface Layer {
  readonly name: string;
  /** Folder relative to the project. */
  readonly folder: string;
  /** Other layers, values and types. */
  readonly imports: readonly string[];
  /** Other layers whose types may be named, but whose code must not end up in the bundle. */
  readonly typesOf?: readonly string[];
  /** May use Node's own modules. */
  readonly node: boolean;
}

/** The import direction of docs/architecture.md. The lint rule and the test over esbuild's metafiles both read it. */
export const layers: readonly Layer[] = [
  { name: 'core', folder: 'src/core', imports: [], node: false },
  { name: 'protocol', folder: 'src/protocol', imports: ['core'], node: false },
  { name: 'openai', folder: 'src/openai', imports: ['core'], node: true },
  { name: 'storage', folder: 'src/storage', imports: ['core'], node: true },
  { name: 'connections', folder: 'src/connections', imports: ['core', 'storage'], node: true },
  { name: 'jobs', folder: 'src/jobs', imports: ['core', 'storage'], node: true },
  { name: 'evals', folder: 'src/evals', imports: ['core', 'storage'], node: true },
  { name: 'openWeights', folder: 'src/openWeights', imports: ['core', 'storage'], node: true },
  { name: 'hub', folder: 'src/hub', imports: ['core', 'storage', 'openWeights'], node: true },
  { name: 'leaving', folder: 'src/leaving', imports: ['core', 'storage', 'jobs', 'evals'], node: true },
  { name: 'local', folder: 'src/local', imports: ['core', 'storage', 'openWeights'], node: true },
  {
    name: 'worker',
    folder: 'src/worker',
    imports: ['core', 'protocol', 'storage', 'local', 'openWeights'],
    node: true,
  },
  {
    name: 'cli',
    folder: 'src/cli',
    imports: ['core', 'storage', 'connections', 'openai', 'jobs', 'evals', 'leaving', 'local', 'openWeights'],
    node: true,
  },
  {
    name: 'extension',
    folder: 'src/extension',
    imports: ['core', 'protocol', 'storage', 'connections', 'jobs', 'evals', 'leaving', 'openWeights', 'hub'],
    // Its code is a bundle of its own, loaded on first use.
    typesOf: ['openai'],
    node: true,
  },
  { name: 'webview', folder: 'webview', imports: ['core', 'protocol'], node: false },
];

/** Packages that only some layers may import; `types` may be named by more layers than may load the value. */
export const restrictedPackages: readonly {
  readonly name: string;
  readonly values: readonly string[];
  readonly types: readonly string[];
}[] = [
  { name: 'vscode', values: ['extension'], types: ['extension'] },
  { name: 'openai', values: ['openai'], types: ['openai', 'jobs', 'evals', 'local', 'cli'] },
  { name: 'chart.js', values: ['webview'], types: ['webview'] },
  { name: 'hyparquet', values: ['worker'], types: ['worker'] },
  { name: 'hyparquet-compressors', values: ['worker'], types: ['worker'] },
  // Its data is made into a table by the build; the code is for comparison only.
  { name: 'gpt-tokenizer', values: [], types: [] },
];

/** The only file that registers UI components: a successor of the toolkit is a change of this one file. */
export const componentsFile = 'webview/components.ts';
const componentsPackage = '@vscode/webview-ui-toolkit';

/** The layer of a file (path relative to the project, any separator); undefined for tests, scripts and benchmarks. */
export function layerOf(file: string): Layer | undefined {
  const posix = file.split(path.sep).join('/');
  return layers.find((layer) => posix.startsWith(`${layer.folder}/`));
}

/**
 * Why `file` must not import `specifier`, or undefined when it may.
 * @param file path relative to the project
 * @param typeOnly `import type`: nothing of it is left at run time
 */
export function importProblem(file: string, specifier: string, typeOnly: boolean): string | undefined {
  const layer = layerOf(file);
  if (layer === undefined) return undefined;
  return specifier.startsWith('.')
    ? relativeProblem(layer, file, specifier, typeOnly)
    : packageProblem(layer, file, specifier, typeOnly);
}

function relativeProblem(layer: Layer, file: string, specifier: string, typeOnly: boolean): string | undefined {
  const target = path.normalize(path.join(path.dirname(file), specifier));
  const other = layerOf(target);
  if (other === layer) return undefined;
  if (other === undefined) return `${layer.name} must not import ${target}, which belongs to no layer.`;
  if (layer.imports.includes(other.name)) return undefined;
  if (layer.typesOf?.includes(other.name) === true) {
    return typeOnly ? undefined : `${layer.name} may import only types from ${other.name}.`;
  }
  return `${layer.name} must not import ${other.name}.`;
}

function packageProblem(layer: Layer, file: string, specifier: string, typeOnly: boolean): string | undefined {
  if (specifier.startsWith('node:')) {
    return layer.node ? undefined : `${layer.name} must run without Node, so it must not import ${specifier}.`;
  }
  if (isPackage(specifier, componentsPackage) && file.split(path.sep).join('/') !== componentsFile) {
    return `Only ${componentsFile} may import ${componentsPackage}.`;
  }
  const restricted = restrictedPackages.find(({ name }) => isPackage(specifier, name));
  if (restricted === undefined) return undefined;
  if (restricted.values.includes(layer.name)) return undefined;
  if (!restricted.types.includes(layer.name)) return `${layer.name} must not import ${restricted.name}.`;
  return typeOnly ? undefined : `${layer.name} may import only types from ${restricted.name}.`;
}

function isPackage(specifier: string, name: string): boolean {
  return specifier === name || specifier.startsWith(`${name}/`);
}
