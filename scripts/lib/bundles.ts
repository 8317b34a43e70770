import type { BuildOptions } from 'esbuild';
import { projectRoot } from './paths.ts';

/** One bundle: what goes in, what comes out, and for whom it is made. */
export interface Bundle {
  /** Name of its metafile, `dist/meta/<name>.json`. */
  readonly name: string;
  readonly entry: string;
  readonly outfile: string;
  readonly options: BuildOptions;
  /** In parts, each read on first use; see splitBundle.ts. */
  readonly split?: true;
}

// VS Code 1.101, the oldest we support, runs extensions on Node 22.
const node: BuildOptions = { platform: 'node', target: 'node22' };

// CommonJS packages inside an ES module still call require() for Node's own modules.
const requireBanner =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

const esm: BuildOptions = { ...node, format: 'esm', banner: { js: requireBanner } };

// Chromium 136 is what VS Code 1.101 shows its webviews with.
const browser: BuildOptions = { platform: 'browser', target: 'chrome136', format: 'iife' };

export const bundles: readonly Bundle[] = [
  {
    name: 'extension',
    entry: 'src/extension/extension.ts',
    outfile: 'dist/extension.cjs',
    // The client is a bundle of its own, required on first use: it would double the extension's size and start-up.
    options: {
      ...node,
      format: 'cjs',
      external: ['vscode', './openai.cjs'],
      // A call for each function takes 16 ms of activation. The log finds the names in the source maps (`readableStack`).
      keepNames: false,
    },
    split: true,
  },
  {
    name: 'openai',
    entry: 'src/openai/index.ts',
    outfile: 'dist/openai.cjs',
    options: { ...node, format: 'cjs' },
  },
  {
    name: 'datasetWorker',
    entry: 'src/worker/datasetWorker.ts',
    outfile: 'dist/datasetWorker.js',
    // Its stack traces go nowhere, and the first findings of a document wait for it to be read.
    options: { ...esm, keepNames: false },
  },
  {
    name: 'trainingWorker',
    entry: 'src/worker/trainingWorker.ts',
    outfile: 'dist/trainingWorker.js',
    options: esm,
  },
  {
    name: 'analysisWorker',
    entry: 'src/worker/analysisWorker.ts',
    outfile: 'dist/analysisWorker.js',
    options: esm,
  },
  {
    name: 'hubWorker',
    entry: 'src/worker/hubWorker.ts',
    outfile: 'dist/hubWorker.js',
    options: esm,
  },
  {
    name: 'cli',
    entry: 'src/cli/main.ts',
    outfile: 'dist/cli.js',
    options: { ...esm, banner: { js: `#!/usr/bin/env node\n${requireBanner}` } },
  },
  {
    name: 'webview',
    entry: 'webview/main.ts',
    outfile: 'dist/webview/main.js',
    options: browser,
  },
  {
    name: 'styles',
    entry: 'webview/styles.css',
    outfile: 'dist/webview/main.css',
    options: { ...browser, loader: { '.ttf': 'dataurl', '.svg': 'dataurl' } },
  },
];

/** What esbuild is told for one bundle. */
export function buildOptions(bundle: Bundle, minify: boolean): BuildOptions & { metafile: true } {
  return {
    absWorkingDir: projectRoot,
    entryPoints: [bundle.entry],
    outfile: bundle.outfile,
    bundle: true,
    minify,
    // Names stay readable in stack traces that users report; costs about 2 % of size.
    keepNames: bundle.options.platform === 'node',
    sourcemap: true,
    sourcesContent: false,
    legalComments: 'none',
    logLevel: 'warning',
    ...bundle.options,
    metafile: true,
  };
}
