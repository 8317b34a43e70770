import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { tuningForkPlugin } from './scripts/lib/lintRules.ts';

const noDefaultExport = {
  selector: 'ExportDefaultDeclaration',
  message: 'Export by name: the same thing then has the same name everywhere.',
};

// Text of datasets, models and servers reaches the page only as text nodes and attributes.
const noHtml = [
  {
    selector: 'MemberExpression[property.name=/^(innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment)$/]',
    message: 'Build elements and set textContent: HTML made of strings runs what is in the data.',
  },
  {
    selector: 'MemberExpression[object.name="document"][property.name=/^write(ln)?$/]',
    message: 'Build elements and set textContent: HTML made of strings runs what is in the data.',
  },
];

const noSleep = [
  {
    selector: 'NewExpression[callee.name="Promise"] CallExpression[callee.name="setTimeout"]',
    message: 'Wait for a state (vi.waitFor, expect.poll, waitUntil), not for time.',
  },
  {
    selector: 'CallExpression[callee.property.name="waitForTimeout"]',
    message: 'Wait for a state, not for time.',
  },
  {
    selector: 'ImportDeclaration[source.value="node:timers/promises"]',
    message: 'Wait for a state, not for time.',
  },
];

export default defineConfig(
  globalIgnores(['dist', 'dist-test', '.cache', '.vscode-test', 'test-results', '.reports', 'coverage', '.trainer']),
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { 'tuning-fork': tuningForkPlugin },
    rules: {
      'tuning-fork/layers': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      'no-restricted-syntax': ['error', noDefaultExport, ...noHtml],
      eqeqeq: 'error',
      'no-console': 'off',
    },
  },
  {
    files: ['src/core/**', 'src/protocol/**', 'src/extension/**', 'webview/**'],
    rules: { 'no-console': 'error' },
  },
  {
    files: ['src/extension/**'],
    ignores: ['src/extension/ui/vscodeUi.ts'],
    rules: { 'tuning-fork/seam': 'error' },
  },
  {
    // Folders whose sentences are all looked up.
    files: [
      'src/core/base/**',
      'src/openai/**',
      'src/jobs/**',
      'src/storage/**',
      'src/connections/**',
      'src/evals/**',
      'src/openWeights/**',
      'src/cli/**',
      'src/core/cost/**',
      'src/core/dataset/report/**',
      'src/core/dataset/transform/**',
      'src/core/evaluation/**',
      'src/core/journal/**',
      'src/core/provider/**',
      'src/core/training/**',
      'src/core/dataset/check/**',
      'src/core/dataset/compare/**',
      'src/core/jsonl/**',
      'src/worker/**',
      'src/extension/datasets/**',
      'src/extension/evaluation/**',
      'src/extension/panels/**',
      'src/protocol/**',
      'webview/**',
      'src/extension/connections/**',
      'src/extension/fineTuning/**',
      'src/extension/ui/**',
      'src/extension/data/**',
      'src/extension/jobs/**',
      'src/extension/models/**',
      'src/extension/openWeights/**',
      'src/core/dataset/*.ts',
      'src/extension/*.ts',
    ],
    // The local server speaks as a provider does, in English; tables of characters and of code are for no reader.
    ignores: [
      'src/core/base/messages.ts',
      'src/local/**',
      'src/openai/multipart.ts',
      'src/core/tokens/**',
      'src/core/dataset/report/reportCsv.ts',
      'src/core/training/graderTemplate.ts',
      'src/core/training/words/codeSnippets.ts',
    ],
    rules: { 'tuning-fork/translated': 'error' },
  },
  {
    files: ['test/**'],
    rules: { 'no-restricted-syntax': ['error', noDefaultExport, ...noHtml, ...noSleep] },
  },
  {
    // The tools ask for a default export in their configuration, and these files belong to no TypeScript project.
    files: ['**/*.mjs', '**/*.config.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['**/*.mjs', '**/*.js', '**/*.cjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: { console: 'readonly', process: 'readonly' } },
  },
);
