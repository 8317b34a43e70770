import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import * as vscode from 'vscode';
import { RULES } from '../../src/core/dataset/check/ruleTable.ts';
import { asFileNames, bigList, HIDDEN, ICON, OWN_STRINGS, outsideOfCode } from '../support/naughtyStrings.ts';

const user = { role: 'user', content: 'q' };
const answer = { role: 'assistant', content: 'a' };
const rows = (count: number): string[] =>
  Array.from({ length: count }, (_, n) =>
    JSON.stringify({ messages: [{ ...user, content: `thing ${String(n)}` }, answer] }),
  );

/** The editor asks about raw line separators before it shows them. */
const json = (value: unknown): string =>
  JSON.stringify(value).replace(/[\u2028\u2029]/g, (separator) => (separator === '\u2028' ? '\\u2028' : '\\u2029'));

/** Rows in which the string is everything a row has. */
const promptAndAnswer = (text: string): string =>
  json({
    messages: [
      { role: 'system', content: text },
      { role: 'user', content: text },
      { role: 'assistant', content: text === '' ? 'a' : text },
    ],
  });
/**
 * Rows with many strings each: as messages, as tools that are called and as types of parts. A hover shows 20 messages; a row
 * with a control token has none.
 */
function conversations(strings: readonly string[]): readonly string[] {
  const rows: string[] = [];
  for (let from = 0; from < strings.length; from += 18) {
    const some = strings.slice(from, from + 18).map((text) => text.replace('<|', '< |') || ' ');
    const said = some.map((content, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', content }));
    const calls = some.map((text) => ({
      id: text,
      type: 'function',
      function: { name: text, arguments: json({ text }) },
    }));
    rows.push(
      json({ messages: [...said, user, answer] }),
      json({
        messages: [
          { role: 'user', content: some.map((text) => ({ type: 'text', text })) },
          { role: 'assistant', content: null, tool_calls: calls },
        ],
      }),
    );
  }
  return rows;
}
const wrong = (text: string): readonly string[] => [
  json({ messages: [{ role: text, content: 'q', [text]: 1 }, answer], [text]: text }),
  json({ messages: [user, { ...answer, weight: text }] }),
  json({ messages: text }),
  json({ messages: [{ role: 'user', content: [{ type: text, text }] }, answer] }),
  `{"messages": [${text.replace(/[\r\n\u2028\u2029]/g, ' ')}`,
];

async function eventually<T>(look: () => T | Promise<T>, isRight: (value: T) => boolean): Promise<T> {
  const until = performance.now() + 20_000;
  for (;;) {
    const value = await look();
    if (isRight(value)) return value;
    if (performance.now() > until) assert.fail(`It stayed ${JSON.stringify(value).slice(0, 500)}.`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const symbolsOf = async (uri: vscode.Uri): Promise<vscode.DocumentSymbol[]> =>
  (await vscode.commands.executeCommand<vscode.DocumentSymbol[] | undefined>(
    'vscode.executeDocumentSymbolProvider',
    uri,
  )) ?? [];
const lensesOf = async (uri: vscode.Uri): Promise<vscode.CodeLens[]> =>
  (await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', uri)).filter(
    ({ command }) => command !== undefined,
  );

/** Everything of a page but its code blocks is ours, or escaped. */
function assertInertPage(page: unknown, of: string): void {
  assert.ok(page instanceof vscode.MarkdownString, of);
  assert.equal(page.isTrusted ?? false, false, of);
  assert.equal(page.supportHtml ?? false, false, of);
  assert.equal(page.supportThemeIcons ?? false, false, of);
  const ours = outsideOfCode(page.value)
    .replace(/^\d+ messages? · (?:about )?[\d,]+ tokens? per epoch$/m, '')
    .replace(/^\*\*(?:system|developer|user|assistant|tool|function)\*\* · [\d,]+ tokens?/gm, '')
    .replace(/^[\d,]+ more messages?$/m, '');
  assert.doesNotMatch(ours, /[[\]<>*_`#|~]|!\(|https?:|command:/, of);
  assert.doesNotMatch(page.value.replace(/[\n\t]/g, ''), HIDDEN, of);
}

suite('Naughty strings', () => {
  let folder = '';
  setup(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'tuning-fork-naughty-'));
  });
  teardown(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await rm(folder, { recursive: true, force: true });
  });

  async function open(name: string, lines: readonly string[]): Promise<vscode.TextDocument> {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, lines.join('\n'));
    await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(file), { preview: false });
    const document = vscode.window.activeTextEditor?.document;
    assert.ok(document?.uri.fsPath === file, `${name} is in front`);
    return document;
  }

  async function inEveryPlace(strings: readonly string[]): Promise<void> {
    // As prompts and answers: outline and lens.
    const good = await open('good.jsonl', [...rows(10), ...strings.map(promptAndAnswer)]);
    const symbols = await eventually(
      () => symbolsOf(good.uri),
      (found) => found.length === good.lineCount,
    );
    for (const { name, detail } of symbols) {
      assert.doesNotMatch(`${name}${detail}`, HIDDEN);
      assert.doesNotMatch(`${name}|${detail}`, ICON);
      assert.ok(name.trim() !== '' && name.length <= 100 && detail.length <= 100, JSON.stringify({ name, detail }));
    }
    const lenses = await eventually(
      () => lensesOf(good.uri),
      (found) => found.length === 5,
    );
    for (const { command } of lenses)
      assert.match(
        command?.title ?? '',
        /^(?:[\d,]+ examples|(?:about )?[\d,]+ tokens|[\d,]+ problems|no problems|Fine-Tune…|Show Dataset Report)$/,
      );

    // As messages, calls and parts: hovers.
    const talks = await open('talks.jsonl', conversations(strings));
    for (let line = 0; line < talks.lineCount; line += 1) {
      const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
        'vscode.executeHoverProvider',
        talks.uri,
        new vscode.Position(line, 5),
      );
      const pages = hovers.flatMap(({ contents }) => contents);
      assert.equal(pages.length, 1, `line ${String(line + 1)}`);
      assertInertPage(pages[0], talks.lineAt(line).text.slice(0, 500));
    }

    // As what is wrong with a row: problems.
    const bad = await open('bad.jsonl', [...rows(10), ...strings.flatMap(wrong)]);
    const problems = await eventually(
      () => vscode.languages.getDiagnostics(bad.uri),
      (found) => found.length > strings.length || found.length === 1000,
    );
    for (const { message, code, source, relatedInformation, range } of problems) {
      assert.doesNotMatch(message, HIDDEN);
      assert.ok(message.length < 400, message);
      assert.equal(source, 'Tuning Fork');
      assert.equal(relatedInformation?.length ?? 0, 0);
      assert.ok(bad.validateRange(range).isEqual(range), message);
      if (typeof code !== 'object') continue;
      assert.ok(Object.hasOwn(RULES, code.value), String(code.value));
      assert.match(code.target.toString(true), /^https:\/\/[^?]*\/docs\/dataset-rules\.md#[a-z0-9-]+$/);
    }
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      bad.uri,
      new vscode.Range(10, 0, Math.min(200, bad.lineCount), 0),
    );
    for (const { title } of actions) assert.doesNotMatch(title, HIDDEN);
  }

  test('of our own stay text in problems, hovers, outline and lens', async () => {
    await inEveryPlace(OWN_STRINGS);
  });

  test('of the big list stay text in problems, hovers, outline and lens', async function () {
    const strings = bigList();
    if (strings === null) {
      this.skip();
      return;
    }
    assert.ok(strings.length > 500);
    await inEveryPlace(strings);
  });

  test('as names of files change nothing of what is said', async function () {
    if (process.platform === 'win32') {
      this.skip();
      return;
    }
    const hostile = OWN_STRINGS.filter((text) => /^(?:\[x\]\(c|\$\(|<img|=cmd|a\u202e|\p{Cc}|```|::|w{9})/u.test(text));
    assert.ok(hostile.length >= 12);
    for (const name of asFileNames(hostile)) {
      const document = await open(name, [...rows(12), '{"messages": []}']);
      await eventually(
        () => vscode.languages.getDiagnostics(document.uri).map(({ message }) => message),
        (messages) => messages.length === 1 && messages[0] === 'The list of messages is empty.',
      );
      const titles = (await lensesOf(document.uri)).map(({ command }) => command?.title);
      assert.deepEqual([...titles.slice(0, 2), titles[3]], ['Fine-Tune…', 'Show Dataset Report', '1 problem']);
      assert.equal((await symbolsOf(document.uri)).length, 13);
      await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
    }
  });
});
