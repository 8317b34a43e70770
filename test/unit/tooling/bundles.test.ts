import { existsSync, readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import esbuild, { type Metafile } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildOptions, bundles } from '../../../scripts/lib/bundles.ts';
import { layerOf, layers } from '../../../scripts/lib/layers.ts';
import { bundledPackages, packageFolder, thirdPartyNotices } from '../../../scripts/lib/notices.ts';
import { inProject } from '../../../scripts/lib/paths.ts';
import {
  buildSplit,
  bytesAtOnce,
  readAtOnce,
  requireExternals,
  type SplitBundle,
} from '../../../scripts/lib/splitBundle.ts';

/** Layers and packages whose code may be in a bundle. What is not named here must not have one byte there. */
const contents: Record<string, { layers: string[]; packages: string[]; maxKilobytes?: number }> = {
  extension: {
    layers: [
      'core',
      'protocol',
      'storage',
      'connections',
      'jobs',
      'evals',
      'leaving',
      'openWeights',
      'hub',
      'extension',
    ],
    packages: ['zod', 'csv-stringify', 'simple-statistics', 'birpc'],
    maxKilobytes: 250,
  },
  openai: { layers: ['core', 'openai'], packages: ['openai', 'zod'], maxKilobytes: 250 },
  datasetWorker: {
    layers: ['core', 'storage', 'protocol', 'worker', 'local', 'openWeights'],
    packages: ['zod', 'csv-parse', 'simple-statistics'],
  },
  trainingWorker: {
    layers: ['core', 'storage', 'protocol', 'worker', 'local', 'openWeights'],
    packages: ['zod', 'simple-statistics'],
  },
  analysisWorker: {
    layers: ['core', 'storage', 'protocol', 'worker', 'local', 'openWeights'],
    packages: ['zod', 'simple-statistics'],
  },
  hubWorker: {
    layers: ['core', 'storage', 'protocol', 'worker'],
    packages: ['hyparquet', 'hyparquet-compressors', 'hysnappy', 'fzstd', 'csv-parse'],
  },
  cli: {
    layers: ['core', 'storage', 'connections', 'openai', 'jobs', 'evals', 'leaving', 'local', 'openWeights', 'cli'],
    packages: ['openai', 'zod', 'csv-parse', 'csv-stringify', 'simple-statistics'],
  },
  webview: {
    layers: ['core', 'protocol', 'webview'],
    packages: [
      'chart.js',
      '@kurkle/color',
      '@vscode/webview-ui-toolkit',
      '@microsoft/fast-element',
      '@microsoft/fast-foundation',
      '@microsoft/fast-web-utilities',
      'exenv-es6',
      'tabbable',
      'tslib',
      'zod',
      'birpc',
      'simple-statistics',
    ],
  },
  styles: { layers: ['webview'], packages: [] },
};

const metafiles = new Map<string, Metafile>();
const splits = new Map<string, SplitBundle>();
/** Bytes of code that are read as soon as the bundle is. */
const sizes = new Map<string, number>();

function metafile(name: string): Metafile {
  const found = metafiles.get(name);
  if (found === undefined) throw new Error(`${name} was not built: its entry does not exist.`);
  return found;
}

beforeAll(async () => {
  const present = bundles.filter((bundle) => existsSync(inProject(bundle.entry)));
  await Promise.all(
    present.map(async (bundle) => {
      if (bundle.split) {
        const built = await buildSplit(bundle);
        metafiles.set(bundle.name, built.metafile);
        splits.set(bundle.name, built);
        sizes.set(bundle.name, bytesAtOnce(built, bundle.outfile));
        return;
      }
      const { metafile } = await esbuild.build({ ...buildOptions(bundle, true), write: false });
      metafiles.set(bundle.name, metafile);
      sizes.set(bundle.name, metafile.outputs[bundle.outfile]?.bytes ?? 0);
    }),
  );
}, 60_000);

/** The inputs that left at least one byte in these files of a bundle; in all its files without. */
function inputsOf(name: string, files = Object.keys(metafile(name).outputs)): string[] {
  return files
    .flatMap((file) => Object.entries(metafile(name).outputs[file]?.inputs ?? {}))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([file]) => file);
}

describe.each(bundles.map((bundle) => [bundle.outfile, bundle] as const))('%s', (_, { name }) => {
  const expected = contents[name] ?? { layers: [], packages: [] };

  it('holds only code of the layers it may hold', () => {
    const ours = inputsOf(name).filter((file) => packageFolder(file) === undefined);
    expect(ours.length).toBeGreaterThan(0);
    const foreign = ours.filter((file) => !expected.layers.includes(layerOf(file)?.name ?? 'no layer'));
    expect(foreign).toEqual([]);
  });

  it('holds only the packages it may hold', () => {
    const names = bundledPackages([metafile(name)]).map((folder) => folder.replace(/^.*node_modules\//, ''));
    expect(names.filter((one) => !expected.packages.includes(one))).toEqual([]);
  });

  if (expected.maxKilobytes !== undefined) {
    it(`is at most ${expected.maxKilobytes} kB`, () => {
      const bytes = sizes.get(name);
      expect(bytes).toBeGreaterThan(0);
      expect(bytes).toBeLessThanOrEqual((expected.maxKilobytes ?? 0) * 1000);
    });
  }
});

describe('the parts of the extension', () => {
  const file = (name: string): string => `src/extension/${name}.ts`;

  it('leave what commands and panels do out of activation', () => {
    const atOnce = inputsOf('extension', [...readAtOnce(metafile('extension'), 'dist/extension.cjs')]);
    expect(atOnce).toContain(file('extension'));
    const late = [
      file('fineTuning/startFineTuning'),
      file('panels/openPanels'),
      'src/jobs/start/startJob.ts',
      'src/evals/runner.ts',
      'src/evals/scheduler.ts',
    ];
    expect(atOnce.filter((one) => late.includes(one))).toEqual([]);
    expect(inputsOf('extension')).toEqual(expect.arrayContaining(late));
  });
});

describe('the parts of the extension that are read at once', () => {
  it('are one file, which exports every name that another part takes from it', () => {
    const files = splits.get('extension')?.files ?? [];
    const [main, ...late] = files.map(({ file, text }) => ({ name: file.replace('dist/', ''), text }));
    expect(main?.name).toBe('extension.cjs');
    expect([...readAtOnce(metafile('extension'), 'dist/extension.cjs')]).toEqual(['dist/extension.cjs']);
    // It reads parts in `import()` only, which esbuild writes behind a promise.
    expect(main?.text.match(/(?<!=>\w+\()require\("\.\/extension[^"]*"\)/g) ?? []).toEqual([]);
    const named = (text: string): string[] => text.match(/\bextension_[A-Z0-9]{8}_[\w$]+/g) ?? [];
    const exported = new Set(named(main?.text ?? ''));
    const taken = late.flatMap(({ text }) => named(text));
    expect(taken.length).toBeGreaterThan(100);
    expect(taken.filter((name) => !exported.has(name))).toEqual([]);
    const written = new Set(['./openai.cjs', ...files.map(({ file }) => file.replace('dist/', './'))]);
    const read = files.flatMap(({ text }) => [...text.matchAll(/require\("(\.\/[^"]+)"\)/g)].map(([, part]) => part));
    expect(read.filter((part = '') => !written.has(part))).toEqual([]);
  });
});

describe('activation', () => {
  const atOnce = (): readonly string[] => [...readAtOnce(metafile('extension'), 'dist/extension.cjs')];

  it('pays for no schema', () => {
    expect(inputsOf('extension', [...atOnce()]).filter((input) => packageFolder(input) === 'node_modules/zod')).toEqual(
      [],
    );
  });

  it('copies neither vscode nor a module of Node', () => {
    const texts = (splits.get('extension')?.files ?? []).map(({ text }) => text);
    expect(texts.some((text) => text.includes('require("vscode")'))).toBe(true);
    expect(texts.flatMap((text) => text.match(/\w+\(require\("(?:vscode|node:[\w/]+)"\)/g) ?? [])).toEqual([]);
  });
});

describe('what a part says of its sources', () => {
  it('names the file and line of each place, though imports were replaced', () => {
    const source = readFileSync(inProject('src/extension/ui/errors.ts'), 'utf8').split('\n');
    const line = source.findIndex((text) => text.includes("'Show Log'"));
    const part = splits.get('extension')?.files.find(({ text }) => text.includes('"Show Log"'));
    const lines = part?.text.split('\n') ?? [];
    const at = lines.findIndex((text) => text.includes('"Show Log"'));
    const map = new SourceMap(JSON.parse(part?.map ?? '') as SourceMapPayload);
    const entry = map.findEntry(at, lines[at]?.indexOf('"Show Log"') ?? 0);
    expect(entry).toMatchObject({ originalLine: line });
    expect('originalSource' in entry ? entry.originalSource : '').toMatch(/src\/extension\/ui\/errors\.ts$/);
  });

  it.each([
    ['import * as vscode from "vscode";', 'var vscode = require("vscode");'],
    ['import path from "node:path";', 'var path = require("node:path");'],
    ['import { mkdir, stat as a$ } from "node:fs/promises";', 'var { mkdir, stat: a$ } = require("node:fs/promises");'],
    ['import {\n  a,\n  b as c\n} from "node:os";', 'var {\n  a,\n  b: c\n} = require("node:os");'],
    // Parts have getters, and text is text.
    ['import { a } from "./extension-X.cjs";', 'import { a } from "./extension-X.cjs";'],
    ['f(`import path from "node:path";`);', 'f(`import path from "node:path";`);'],
  ])('%s', (before, after) => {
    expect(requireExternals(`first();\n${before}\nlast();`)).toBe(`first();\n${after}\nlast();`);
  });
});

describe('dependencies between layers in what is built', () => {
  it('follows the table, whatever an import was written as', () => {
    const wrong: string[] = [];
    for (const { inputs } of metafiles.values()) {
      for (const [file, { imports }] of Object.entries(inputs)) {
        const from = layerOf(file);
        for (const { path: target } of imports) {
          const to = layerOf(target);
          if (from === undefined || to === undefined || from === to) continue;
          if (!from.imports.includes(to.name)) wrong.push(`${file} → ${target}`);
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(layers.length).toBeGreaterThan(0);
  });
});

describe('third-party notices', () => {
  it('name every bundled package with its licence', () => {
    const all = [...metafiles.values()];
    const text = thirdPartyNotices(all);
    for (const folder of bundledPackages(all)) {
      expect(text).toContain(`\n${folder.replace(/^.*node_modules\//, '')} `);
    }
    expect(text).not.toContain('licence not stated');
    expect(text).not.toContain('ships no licence text');
  });

  it('know scoped and nested packages from files of our own', () => {
    expect(packageFolder('node_modules/zod/v4/mini/index.js')).toBe('node_modules/zod');
    expect(packageFolder('node_modules/a/node_modules/@b/c/x.js')).toBe('node_modules/a/node_modules/@b/c');
    expect(packageFolder('src/core/base/result.ts')).toBeUndefined();
  });
});
