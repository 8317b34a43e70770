import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';
import { importProblem, layers } from '../../../scripts/lib/layers.ts';
import { tuningForkPlugin } from '../../../scripts/lib/lintRules.ts';
import { inProject, projectRoot } from '../../../scripts/lib/paths.ts';
import tseslint from 'typescript-eslint';

/** The layer rule alone, without types, so that files that do not exist can be linted. */
const eslint = new ESLint({
  cwd: projectRoot,
  overrideConfigFile: true,
  overrideConfig: [
    {
      files: ['**/*.ts'],
      languageOptions: { parser: tseslint.parser },
      plugins: { 'tuning-fork': tuningForkPlugin },
      rules: { 'tuning-fork/layers': 'error' },
    },
  ],
});

async function lint(file: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath: inProject(file) });
  return (result?.messages ?? []).map(({ message }) => message);
}

/** What each layer may import by name, written out a second time on purpose: docs/architecture.md says the same. */
const allowed: Record<string, string[]> = {
  core: [],
  protocol: ['core'],
  openai: ['core'],
  storage: ['core'],
  connections: ['core', 'storage'],
  jobs: ['core', 'storage'],
  evals: ['core', 'storage'],
  openWeights: ['core', 'storage'],
  hub: ['core', 'storage', 'openWeights'],
  local: ['core', 'storage', 'openWeights'],
  worker: ['core', 'protocol', 'storage', 'local', 'openWeights'],
  leaving: ['core', 'storage', 'jobs', 'evals'],
  cli: ['core', 'storage', 'connections', 'openai', 'jobs', 'evals', 'leaving', 'local', 'openWeights'],
  extension: ['core', 'protocol', 'storage', 'connections', 'jobs', 'evals', 'leaving', 'openWeights', 'hub'],
  webview: ['core', 'protocol'],
};

describe('imports between layers', () => {
  const pairs = layers.flatMap((from) => layers.filter((to) => to !== from).map((to) => ({ from, to })));

  it.each(pairs.map(({ from, to }) => [from.name, to.name, from, to] as const))(
    '%s → %s is judged as the architecture says',
    async (_from, _to, from, to) => {
      const depth = from.folder.split('/').length;
      const messages = await lint(
        `${from.folder}/a.ts`,
        `import { x } from '${'../'.repeat(depth)}${to.folder}/b.ts';`,
      );
      expect(messages.length).toBe(allowed[from.name]?.includes(to.name) === true ? 0 : 1);
    },
  );

  it('lets the extension name types of the client, not its code', async () => {
    expect(await lint('src/extension/a.ts', "import type { C } from '../openai/index.ts';")).toEqual([]);
    expect(await lint('src/extension/a.ts', "import { c } from '../openai/index.ts';")).toEqual([
      'extension may import only types from openai.',
    ]);
  });

  it('sees a layer through a detour, a re-export, a dynamic import and an import type', async () => {
    expect(await lint('src/core/deep/er/a.ts', "import { x } from '../../../core/../local/b.ts';")).toHaveLength(1);
    expect(await lint('src/core/a.ts', "export { x } from '../local/b.ts';")).toHaveLength(1);
    expect(await lint('src/core/a.ts', "export * from '../local/b.ts';")).toHaveLength(1);
    expect(await lint('src/core/a.ts', "const x = await import('../local/b.ts');")).toHaveLength(1);
    expect(await lint('src/core/a.ts', "type X = import('../local/b.ts').X;")).toHaveLength(1);
    expect(await lint('src/extension/a.ts', "const x = require('../local/b.ts');")).toHaveLength(1);
  });

  it('lets no layer import tests, scripts or samples', async () => {
    expect(await lint('src/local/a.ts', "import { x } from '../../test/support/b.ts';")).toHaveLength(1);
    expect(await lint('webview/a.ts', "import { x } from '../scripts/lib/paths.ts';")).toHaveLength(1);
  });
});

describe('imports of packages', () => {
  it.each([
    ['src/core/a.ts', "import { readFile } from 'node:fs/promises';"],
    ['src/protocol/a.ts', "import type { Stats } from 'node:fs';"],
    ['webview/a.ts', "import { join } from 'node:path';"],
    ['src/core/a.ts', "import type OpenAI from 'openai';"],
    ['src/jobs/a.ts', "import OpenAI from 'openai';"],
    ['src/evals/a.ts', "import { APIError } from 'openai/error';"],
    ['src/cli/a.ts', "import OpenAI from 'openai';"],
    ['src/local/a.ts', "import OpenAI from 'openai';"],
    ['src/extension/a.ts', "import type OpenAI from 'openai';"],
    ['src/core/a.ts', "import type * as vscode from 'vscode';"],
    ['src/jobs/a.ts', "import * as vscode from 'vscode';"],
    ['webview/a.ts', "import * as vscode from 'vscode';"],
    ['webview/charts/a.ts', "import { vsCodeButton } from '@vscode/webview-ui-toolkit';"],
    ['src/extension/a.ts', "import { provideVSCodeDesignSystem } from '@vscode/webview-ui-toolkit';"],
    ['src/core/a.ts', "import { Chart } from 'chart.js';"],
    ['src/extension/a.ts', "import { encode } from 'gpt-tokenizer/encoding/o200k_base';"],
  ])('%s must not say %s', async (file, code) => {
    expect(await lint(file, code)).toHaveLength(1);
  });

  it.each([
    ['src/openai/a.ts', "import OpenAI from 'openai';"],
    ['src/jobs/a.ts', "import type OpenAI from 'openai';"],
    ['src/extension/a.ts', "import * as vscode from 'vscode';"],
    ['src/local/a.ts', "import { createServer } from 'node:http';"],
    ['src/core/a.ts', "import * as z from 'zod/mini';"],
    ['webview/components.ts', "import { vsCodeButton } from '@vscode/webview-ui-toolkit';"],
    ['test/unit/a.test.ts', "import OpenAI from 'openai'; import { x } from '../../src/local/b.ts';"],
  ])('%s may say %s', async (file, code) => {
    expect(await lint(file, code)).toEqual([]);
  });

  it('does not take a package for another whose name begins alike', () => {
    expect(importProblem('src/core/a.ts', 'openai-types', false)).toBeUndefined();
    expect(importProblem('src/coreless/a.ts', 'vscode', false)).toBeUndefined();
  });
});

describe('the whole configuration', () => {
  const whole = new ESLint({ cwd: projectRoot });

  // The text of an existing file is replaced, because typed rules need a file that belongs to a project.
  async function rulesBroken(file: string, code: string): Promise<(string | null)[]> {
    const [result] = await whole.lintText(code, { filePath: inProject(file) });
    return (result?.messages ?? []).map(({ ruleId }) => ruleId);
  }

  it('applies the layers', async () => {
    const code = "import { join } from 'node:path';\nexport const x = join('a', 'b');\n";
    expect(await rulesBroken('src/core/base/result.ts', code)).toContain('tuning-fork/layers');
  }, 60_000);

  it.each([
    'document.body.innerHTML = "x";',
    'document.body.outerHTML = "x";',
    'document.body.insertAdjacentHTML("beforeend", "x");',
    'document.write("x");',
    'export default 1;',
  ])(
    'refuses %s',
    async (code) => {
      expect(await rulesBroken('scripts/lib/paths.ts', code + '\n')).toContain('no-restricted-syntax');
    },
    60_000,
  );

  it('refuses a sleep in a test', async () => {
    const code = 'await new Promise((resolve) => setTimeout(resolve, 100));\n';
    expect(await rulesBroken('test/unit/tooling/layers.test.ts', code)).toContain('no-restricted-syntax');
  }, 60_000);
});
