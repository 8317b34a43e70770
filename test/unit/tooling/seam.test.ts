import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';
import { inProject, projectRoot } from '../../../scripts/lib/paths.ts';

/** The project's own configuration: it says where the rule holds. */
const eslint = new ESLint({
  cwd: projectRoot,
  ruleFilter: ({ ruleId }) => ruleId === 'tuning-fork/seam',
  // Without types the other rules cannot run, and files that do not exist can be linted.
  overrideConfig: { languageOptions: { parserOptions: { projectService: false, project: null } } },
});

async function problemsOf(code: string, file = 'src/extension/jobs/commands/made-up.ts'): Promise<number> {
  const [result] = await eslint.lintText(code, { filePath: inProject(file) });
  const messages = result?.messages ?? [];
  expect(messages.filter(({ fatal }) => fatal === true)).toEqual([]);
  return messages.filter(({ ruleId }) => ruleId === 'tuning-fork/seam').length;
}

const ALL = "import * as vscode from 'vscode';\n";

describe('the seam over the window', () => {
  it.each([
    'void vscode.window.showInformationMessage("x");',
    'void vscode.window.showWarningMessage("x");',
    'void vscode.window.showErrorMessage("x");',
    'void vscode.window.showQuickPick([]);',
    'void vscode.window.showInputBox();',
    'void vscode.window.showOpenDialog();',
    'void vscode.window.showSaveDialog();',
    'vscode.window.createQuickPick();',
    'vscode.window.createInputBox();',
    'void vscode.window.withProgress({ location: 15 }, () => task);',
    'vscode.window.setStatusBarMessage("x");',
    'void vscode.env.clipboard.writeText("x");',
    'void vscode.env.openExternal(uri);',
  ])('is the only way to %s', async (code) => {
    expect(await problemsOf(ALL + code)).toBe(1);
    expect(await problemsOf(ALL + code, 'src/extension/ui/vscodeUi.ts')).toBe(0);
  });

  it.each([
    ALL + 'const { showQuickPick } = vscode.window;',
    ALL + 'const asking = vscode.window;',
    ALL + 'vscode.window["showQuickPick"]([]);',
    "import { window } from 'vscode';",
    "import { env as surroundings } from 'vscode';",
  ])('is not gone round by %s', async (code) => {
    expect(await problemsOf(code)).toBe(1);
  });

  it.each([
    'vscode.window.createTreeView("x", tree);',
    'vscode.window.createOutputChannel("x");',
    'void vscode.window.showTextDocument(uri);',
    'use(vscode.window.activeTextEditor, vscode.env.appHost);',
  ])('leaves %s alone', async (code) => {
    expect(await problemsOf(ALL + code)).toBe(0);
  });
});
