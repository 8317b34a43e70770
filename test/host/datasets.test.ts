import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { eventually, problemsBecome, problemsOf, row, rows } from '../support/host/editor.ts';

suite('Datasets in the editor', () => {
  let folder = '';
  setup(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'tuning-fork-datasets-'));
  });
  teardown(async () => {
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await rm(folder, { recursive: true, force: true });
  });

  async function open(name: string, content: string | Uint8Array): Promise<vscode.TextDocument> {
    const file = path.join(folder, name);
    await writeFile(file, content);
    // Not by openTextDocument: what an extension opens stays open for minutes after its tab is closed.
    await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(file), { preview: false });
    const document = vscode.window.activeTextEditor?.document;
    assert.ok(document !== undefined && path.basename(document.uri.fsPath) === name, 'the file is in front');
    return document;
  }

  async function replaceLine(document: vscode.TextDocument, line: number, text: string): Promise<void> {
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, document.lineAt(line - 1).range, text);
    assert.ok(await vscode.workspace.applyEdit(edit));
  }

  test('a problem comes and goes while it is typed, with a link to its rule', async () => {
    const document = await open('prices.jsonl', rows(12).join('\n'));
    const { uri } = document;
    await problemsBecome(uri, []);
    await replaceLine(document, 5, '{"messages": [{"role": "user", "content": "x"},]}');
    await problemsBecome(uri, ['5:47-48 json-trailing-comma Error']);
    const [diagnostic] = vscode.languages.getDiagnostics(uri);
    assert.equal(diagnostic?.source, 'Tuning Fork');
    assert.match(diagnostic.message, /^The line is not JSON: .*\.$/);
    assert.match(
      typeof diagnostic.code === 'object' ? String(diagnostic.code.target) : '',
      /^https:\/\/.*\/docs\/dataset-rules\.md#json-trailing-comma$/,
    );
    await replaceLine(document, 5, row('x', 'y'));
    await problemsBecome(uri, []);
  });

  test('an untitled document is checked by its language', async () => {
    const document = await vscode.workspace.openTextDocument({ language: 'jsonl', content: '{"messages": []}' });
    await vscode.window.showTextDocument(document);
    await problemsBecome(document.uri, ['1:1-2 too-few-examples Error', '1:14-16 no-messages Error']);
  });

  test('what only the bytes show is told until the document is changed', async () => {
    const document = await open('bom.jsonl', `\uFEFF${rows(12).join('\n')}`);
    await problemsBecome(document.uri, [`1:1-${String(document.lineAt(0).text.length + 1)} byte-order-mark Warning`]);
  });

  test('a log is left alone but for what is not JSON', async () => {
    const document = await open('server.jsonl', '{"level":"info"}\n{"level":}\n{"level":"info"}\n');
    await problemsBecome(document.uri, ['2:10-11 json-syntax Information']);
    const symbols = await vscode.commands.executeCommand<unknown[] | undefined>(
      'vscode.executeDocumentSymbolProvider',
      document.uri,
    );
    assert.deepEqual(symbols ?? [], []);
  });

  test('a closed document has no problems', async () => {
    const { uri } = await open('few.jsonl', rows(2).join('\n'));
    await problemsBecome(uri, ['1:1-2 too-few-examples Error']);
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
    await problemsBecome(uri, []);
  });

  test('many problems are cut off with their number', async () => {
    const { uri } = await open('many.jsonl', Array.from({ length: 1500 }, () => '{"messages": [}').join('\n'));
    await eventually(
      () => vscode.languages.getDiagnostics(uri).map(({ message }) => message),
      (messages) =>
        messages.length === 1000 && messages.some((message) => message === '501 more problems are not shown.'),
    );
  });

  test('each example is a symbol, named by its question', async () => {
    const document = await open('prices.jsonl', [...rows(2), '{', row('$(rocket) *b*', '')].join('\n'));
    const symbols = await eventually(
      async () =>
        (await vscode.commands.executeCommand<vscode.DocumentSymbol[] | undefined>(
          'vscode.executeDocumentSymbolProvider',
          document.uri,
        )) ?? [],
      (found) => found.length === 4,
    );
    assert.deepEqual(
      symbols.map(({ name, range }) => [name, range.start.line]),
      [
        ['thing 0', 0],
        ['thing 1', 1],
        ['Line 3', 2],
        ['$ (rocket) *b*', 3],
      ],
    );
  });

  test('the first line carries the figures, each a command', async () => {
    const document = await open('prices.jsonl', [...rows(12), ''].join('\n'));
    const lenses = await eventually(
      async () =>
        await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', document.uri),
      (found) => found.length === 5,
    );
    assert.deepEqual(
      lenses.map(({ command }) => command?.title),
      ['Fine-Tune…', 'Show Dataset Report', '12 examples', 'no problems', '192 tokens'],
    );
    for (const { command, range } of lenses) {
      assert.equal(range.start.line, 0);
      assert.notEqual(command?.command, '');
    }
  });

  test('a hover shows the conversation, and nothing in it is Markdown', async () => {
    const hostile = '[link](command:tuningFork.showLog) <img src=x>\n```\n# title\n~~~~\n$(rocket)';
    const document = await open('prices.jsonl', [row(hostile, 'a\u202Eb'), ...rows(12)].join('\n'));
    const [hover] = await eventually(
      async () =>
        await vscode.commands.executeCommand<vscode.Hover[]>(
          'vscode.executeHoverProvider',
          document.uri,
          new vscode.Position(0, 20),
        ),
      (found) => found.length > 0,
    );
    const [page] = hover?.contents ?? [];
    assert.ok(page instanceof vscode.MarkdownString);
    assert.notEqual(page.isTrusted, true);
    assert.notEqual(page.supportHtml, true);
    // A fence longer than any in the text holds all of it.
    assert.ok(page.value.includes(`\n\`\`\`\`plaintext\n${hostile}\n\`\`\`\`\n`), page.value);
    assert.ok(!page.value.includes('\u202E'));
    assert.match(page.value, /\$0\.\d+(?:&nbsp;| )per(?:&nbsp;| )epoch(?:&nbsp;| )on(?:&nbsp;| )gpt/);
  });

  async function actionsAt(uri: vscode.Uri, line: number, only?: vscode.CodeActionKind): Promise<vscode.CodeAction[]> {
    const [at] = vscode.languages.getDiagnostics(uri).filter(({ range }) => range.start.line === line - 1);
    assert.ok(at !== undefined || only !== undefined, `line ${String(line)} has a problem`);
    return await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      uri,
      at?.range ?? new vscode.Range(0, 0, 0, 0),
      only?.value,
      20,
    );
  }

  async function choose(actions: readonly vscode.CodeAction[], title: string): Promise<void> {
    const action = actions.find((candidate) => candidate.title === title);
    assert.ok(action, `${title} is among ${actions.map((candidate) => candidate.title).join(', ')}`);
    if (action.edit !== undefined) assert.ok(await vscode.workspace.applyEdit(action.edit));
    if (action.command !== undefined)
      await vscode.commands.executeCommand(action.command.command, ...((action.command.arguments ?? []) as unknown[]));
  }

  const trailing = (n: number): string => row(`thing ${String(n)}`, 'x').replace('"}]', '",}]');

  test('a quick fix mends one problem and touches nothing else', async () => {
    const odd = ` ${row('odd  spaces', 'x')} `;
    const document = await open('prices.jsonl', [...rows(10), trailing(1), odd, trailing(2)].join('\n'));
    await eventually(
      () => problemsOf(document.uri).length,
      (count) => count === 2,
    );
    await choose(await actionsAt(document.uri, 11), 'Remove the comma');
    assert.equal(document.getText(), [...rows(10), row('thing 1', 'x'), odd, trailing(2)].join('\n'));
    await eventually(
      () => problemsOf(document.uri).length,
      (count) => count === 1,
    );
  });

  test('all of a kind are mended at once', async () => {
    const document = await open('prices.jsonl', [...rows(10), trailing(1), '', trailing(2)].join('\n'));
    await eventually(
      () => problemsOf(document.uri).length,
      (count) => count === 3,
    );
    await choose(await actionsAt(document.uri, 11), 'Fix all of this kind: A comma before a closing bracket');
    assert.equal(document.getText(), [...rows(10), row('thing 1', 'x'), '', row('thing 2', 'x')].join('\n'));
  });

  test('source.fixAll.tuningFork mends everything that needs no decision', async () => {
    const lines = ['', ...rows(10), trailing(1), '', 'not json', '', ''];
    const document = await open('prices.jsonl', lines.join('\r\n'));
    await eventually(
      () => problemsOf(document.uri).length,
      (count) => count > 3,
    );
    const kind = vscode.CodeActionKind.SourceFixAll.append('tuningFork');
    const before = document.getText();
    // As the editor does it (on save, too): the command for extensions loses line endings. It answers before the action is done, and VS
    // Code drops an action under way when problems of any source change: then a user chooses it again.
    let chosen = -Infinity;
    await eventually(
      async () => {
        if (document.getText() === before && performance.now() - chosen > 5000) {
          chosen = performance.now();
          await vscode.commands.executeCommand('editor.action.sourceAction', { kind: kind.value, apply: 'first' });
        }
        return document.getText();
      },
      (text) => text === [...rows(10), row('thing 1', 'x'), 'not json', ''].join('\n'),
    );
    await eventually(
      () => problemsOf(document.uri).map((problem) => problem.split(' ')[1]),
      (codes) => codes.join() === 'json-syntax',
    );
    assert.deepEqual(await actionsAt(document.uri, 1, kind), []);
  });

  test('a table offers to be converted', async () => {
    const document = await open('table.jsonl', 'text,label\nhello,greeting\n');
    await problemsBecome(document.uri, ['1:1-11 csv Error']);
    const actions = await actionsAt(document.uri, 1);
    const action = actions.find(({ title }) => title === 'Convert to Chat JSONL…');
    assert.equal(action?.command?.command, 'tuningFork.convertDataset');
  });

  for (const [encoding, code, title] of [
    ['utf8', 'byte-order-mark', 'Save without byte order mark'],
    ['utf16le', 'utf-16', 'Save as UTF-8'],
  ] as const) {
    test(`${code} is mended in the file, for good`, async () => {
      const content = [...rows(12), ''].join('\n');
      const document = await open('prices.jsonl', Buffer.from(`\uFEFF${content}`, encoding));
      await eventually(
        () => problemsOf(document.uri).join(),
        (problems) => problems.includes(code),
      );
      await choose(await actionsAt(document.uri, 1), title);
      await problemsBecome(document.uri, []);
      assert.equal(await readFile(document.uri.fsPath, 'utf8'), content);
      // What VS Code writes later has no mark either.
      await eventually(
        () => document.encoding,
        (now) => now === 'utf8',
      );
      assert.equal(document.getText(), content);
    });
  }
});
