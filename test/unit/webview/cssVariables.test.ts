import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inProject } from '../../../scripts/lib/paths.ts';
import { themes, UNSET_COLORS } from '../../support/webviewHarness/themes.ts';

interface Color {
  readonly id: string;
  readonly defaults: Readonly<Record<'dark' | 'light' | 'highContrast' | 'highContrastLight', string>>;
}

/** A variable of VS Code or of ours; a name that is put together at run time cannot be checked and is not found. */
const VARIABLE = /--(?:vscode|tf)-[\w-]+/g;

const own = (
  JSON.parse(readFileSync(inProject('package.json'), 'utf8')) as { contributes: { colors: readonly Color[] } }
).contributes.colors.map(({ id, defaults }) => ({ name: id.replaceAll('.', '-'), defaults }));

const files = globSync('webview/**/*.{css,ts}', { cwd: inProject('.') }).map((file) => ({
  file,
  // Comments may name any variable.
  text: readFileSync(inProject(file), 'utf8').replaceAll(/\/\*[^]*?\*\/|(?<!:)\/\/.*$/gm, ''),
}));

/** Colors of VS Code in its default themes, those of package.json apart, and what the component library reads. */
function known(): Set<string> {
  const variables = Object.values(themes).flatMap((theme) => Object.keys(theme.variables));
  const toolkit = readFileSync(inProject('node_modules/@vscode/webview-ui-toolkit/dist/toolkit.js'), 'utf8');
  return new Set([
    ...variables.filter((name) => !name.startsWith('tuningFork-')).map((name) => `--vscode-${name}`),
    ...(toolkit.match(VARIABLE) ?? []),
    ...UNSET_COLORS.map((name) => `--vscode-${name}`),
    ...own.map(({ name }) => `--vscode-${name}`),
  ]);
}

function used(prefix: string): readonly string[] {
  return files.flatMap(({ file, text }) =>
    (text.match(VARIABLE) ?? []).filter((name) => name.startsWith(prefix)).map((name) => `${name} in ${file}`),
  );
}

const defined = new Set(
  files.flatMap(({ text }) => [...text.matchAll(/(--tf-[\w-]+)\s*:/g)].map(([, name = '']) => name)),
);

const nameOf = (use: string): string => use.split(' ')[0] ?? '';

describe('CSS variables of the pages', () => {
  it('of VS Code are its own or contributed by package.json', () => {
    const uses = used('--vscode-');
    expect(uses.length).toBeGreaterThan(20);
    const real = known();
    expect(uses.filter((use) => !real.has(nameOf(use)))).toEqual([]);
  });

  it('of ours are defined', () => {
    const uses = used('--tf-');
    expect(uses.length).toBeGreaterThan(50);
    expect(uses.filter((use) => !defined.has(nameOf(use)))).toEqual([]);
  });

  it('of ours are used somewhere', () => {
    const reads = files.flatMap(({ text }) =>
      [...text.matchAll(/var\((--tf-[\w-]+)|'(--tf-[\w-]+)'/g)].map(([, inCss, inScript]) => inCss ?? inScript),
    );
    expect([...defined].filter((name) => !reads.includes(name))).toEqual([]);
  });

  it('of package.json have the same colors in the themes of the tests', () => {
    for (const { name, defaults } of own) {
      expect(
        {
          dark: themes.dark.variables[name],
          light: themes.light.variables[name],
          highContrast: themes.hcDark.variables[name],
          highContrastLight: themes.hcLight.variables[name],
        },
        name,
      ).toEqual(defaults);
    }
  });
});
