// Datasets as files: what commands find in them, files the editor does not open, and documents that are no files.
import assert from 'node:assert/strict';
import { appendFile, mkdtemp, open as openFile, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { Answers, codesBecome, codesOf, eventually, problemsBecome, row, rows } from '../support/host/editor.ts';
import { MemoryFiles } from '../support/host/memoryFiles.ts';

const broken = '{"messages": [}';
const run = (command: string, ...args: unknown[]): Thenable<unknown> =>
  vscode.commands.executeCommand(`tuningFork.${command}`, ...args);

suite('Datasets as files', () => {
  let folder = '';
  let answers: Answers | undefined;
  const answer = (given: ConstructorParameters<typeof Answers>[0] = {}): Answers => {
    answers?.dispose();
    answers = new Answers(given);
    return answers;
  };
  // VS Code in a browser saves by itself after a second; then nothing would stay unsaved.
  const autoSave = (value: string | undefined): Thenable<void> =>
    vscode.workspace.getConfiguration('files').update('autoSave', value, vscode.ConfigurationTarget.Global);
  suiteSetup(() => autoSave('off'));
  suiteTeardown(() => autoSave(undefined));
  setup(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'tuning-fork-files-'));
    answer();
  });
  teardown(async () => {
    answers?.dispose();
    answers = undefined;
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await rm(folder, { recursive: true, force: true });
  });

  const place = (name: string): string => path.join(folder, name);
  async function write(name: string, lines: readonly string[]): Promise<vscode.Uri> {
    await writeFile(place(name), lines.join('\n'));
    return vscode.Uri.file(place(name));
  }
  async function show(uri: vscode.Uri): Promise<vscode.TextDocument> {
    await vscode.commands.executeCommand('vscode.open', uri, { preview: false });
    return await eventually(
      () => vscode.window.activeTextEditor?.document,
      (document): document is vscode.TextDocument => document?.uri.toString() === uri.toString(),
    ).then((document) => document ?? assert.fail('It is in front.'));
  }
  async function replaceLine(document: vscode.TextDocument, line: number, text: string): Promise<void> {
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, document.lineAt(line - 1).range, text);
    assert.ok(await vscode.workspace.applyEdit(edit));
  }

  suite('what a command has found in a file that is not open', () => {
    test('goes when the file is changed by somebody else', async () => {
      const uri = await write('prices.jsonl', [...rows(12), broken]);
      await run('checkDataset', uri);
      await codesBecome(uri, ['13 json-syntax']);
      await write('prices.jsonl', rows(12));
      await codesBecome(uri, []);
    });

    test('goes when the file is deleted, and when another takes its place', async () => {
      const uri = await write('prices [1].jsonl', [...rows(12), broken]);
      await run('checkDataset', uri);
      await codesBecome(uri, ['13 json-syntax']);
      await rm(uri.fsPath);
      await codesBecome(uri, []);
      await write('prices [1].jsonl', [...rows(11), broken]);
      await run('checkDataset', uri);
      await codesBecome(uri, ['12 json-syntax']);
      await write('new', rows(12));
      await rename(place('new'), uri.fsPath);
      await codesBecome(uri, []);
    });

    test('stays when another file of the folder changes, and is found anew when asked again', async () => {
      const uri = await write('prices.jsonl', [...rows(12), broken]);
      const other = await write('other.jsonl', [...rows(12), broken]);
      await run('checkDataset', uri);
      await run('checkDataset', other);
      await codesBecome(uri, ['13 json-syntax']);
      await rm(other.fsPath);
      await codesBecome(other, []);
      assert.deepEqual(codesOf(uri), ['13 json-syntax']);
      await run('checkDataset', uri);
      await codesBecome(uri, ['13 json-syntax']);
    });

    test('stands beside what another command has found, until that one finds nothing any more', async () => {
      const lines = [...rows(12), row('thing 0', 'another'), broken];
      const uri = await write('prices.jsonl', lines);
      await run('findContradictions', uri);
      await run('checkDataset', uri);
      const all = ['1 contradiction', '13 contradiction', '14 json-syntax'];
      await eventually(
        () => codesOf(uri).sort().join(),
        (codes) => codes === all.sort().join(),
      );
      // An open document shows by itself what the check has found; the rest stays.
      await show(uri);
      await eventually(
        () => codesOf(uri).sort().join(),
        (codes) => codes === all.sort().join(),
      );
    });

    test('is told of two files as long as both are what they were', async () => {
      const long = 'A chair of solid oak with a high back and two arms, made by hand in the middle of the last century';
      const training = await write('prices.train.jsonl', [...rows(12), row(long, 'Price is $3')]);
      const system = { role: 'system', content: 'Be brief.' };
      const test = await write(
        'prices.test.jsonl',
        [row(long, 'Price is $3'), row('new', 'Price is $9')].map((line) =>
          JSON.stringify({ messages: [system, ...(JSON.parse(line) as { messages: unknown[] }).messages] }),
        ),
      );
      await run('findLeakage', test, [test, training]);
      await codesBecome(test, ['1 format-differs', '1 leakage-near']);
      assert.match(
        answers?.said.join() ?? '',
        /^1 row of prices\.test\.jsonl is also in prices\.train\.jsonl: 1 nearly the same\. The format of the two files differs: This file has system messages, but the training file has none\.$/,
      );
      await appendFile(training.fsPath, `\n${row('one more', 'Price is $1')}`);
      await codesBecome(test, []);
    });
  });

  suite('a document above the live limit', () => {
    // Long lines: tens of thousands of short ones would keep the window busy, not us.
    const many = Array.from({ length: 600 }, (_, n) => row('word '.repeat(800) + String(n), `Price is $${String(n)}`));

    test('says that its problems are of the saved file while it is changed', async () => {
      const uri = await write('large.jsonl', [...many, broken]);
      assert.ok((await stat(uri.fsPath)).size > 2 * 1024 * 1024);
      const document = await show(uri);
      await codesBecome(uri, ['601 json-syntax']);
      await replaceLine(document, 1, `${many[0] ?? ''}\n${many[1] ?? ''}`);
      // The old problem stays where the editor has moved it to.
      await eventually(
        () => vscode.languages.getDiagnostics(uri).map(({ message }) => message),
        (messages) => messages.length === 2 && messages.some((message) => /is checked when it is saved/.test(message)),
      );
      await vscode.commands.executeCommand('undo');
      await codesBecome(uri, ['601 json-syntax']);
      await replaceLine(document, 601, 'still broken');
      await eventually(
        () => codesOf(uri).length,
        (count) => count === 2,
      );
      assert.ok(await document.save());
      await eventually(
        () =>
          vscode.languages
            .getDiagnostics(uri)
            .map(({ message }) => message)
            .join(),
        (messages) => messages.startsWith('The line is not JSON') && !messages.includes('when it is saved'),
      );
    });

    test('is mended in its file after it was saved', async () => {
      const uri = await write('large.jsonl', [...many, '', row('a', 'Price is $1')]);
      const document = await show(uri);
      await codesBecome(uri, ['601 blank-line']);
      await replaceLine(document, 1, many[5] ?? '');
      answer({ press: ['Save and Continue'] });
      await run('fixAllProblems', uri);
      await eventually(
        () => document.lineCount,
        (count) => count === 601,
      );
      assert.match(answers?.said[0] ?? '', /has unsaved changes/);
    });

    test('that is no file is not checked, and says so', async () => {
      const document = await vscode.workspace.openTextDocument({ language: 'jsonl', content: many.join('\n') });
      await vscode.window.showTextDocument(document);
      await eventually(
        () => vscode.languages.getDiagnostics(document.uri).map(({ message }) => message),
        (messages) => messages.length === 1 && /not a file on disk, so it is not checked/.test(messages[0] ?? ''),
      );
    });
  });

  suite('a file that the editor does not hand to extensions', () => {
    const size = 60 * 1024 * 1024;

    /** Lines of a thousand bytes, each another question. */
    async function writeHuge(name: string): Promise<{ readonly uri: vscode.Uri; readonly lines: number }> {
      const file = await openFile(place(name), 'w');
      const text = 'word '.repeat(180);
      let [bytes, lines] = [0, 0];
      try {
        while (bytes < size) {
          const part = Array.from(
            { length: 1000 },
            (_, n) => `${row(`${text} ${String(lines + n)}`, String(n))}\n`,
          ).join('');
          lines += 1000;
          bytes += part.length;
          await file.write(part);
        }
        await file.write(`${broken}\n`);
      } finally {
        await file.close();
      }
      return { uri: vscode.Uri.file(place(name)), lines };
    }

    test('is checked, split and compared by its path', async () => {
      const { uri, lines } = await writeHuge('huge.jsonl');
      await assert.rejects(async () => {
        await vscode.workspace.openTextDocument(uri);
      }, /50MB/);
      await run('checkDataset', uri);
      await codesBecome(uri, [`${String(lines + 1)} json-syntax`]);
      assert.equal(answers?.said.at(-1), `huge.jsonl: ${(lines + 1).toLocaleString('en-US')} examples, 1 error.`);

      await run('fixAllProblems', uri);
      assert.equal(answers.said.at(-1), 'There is nothing to fix automatically.');
      await assert.rejects(stat(place('huge.fixed.jsonl')), { code: 'ENOENT' });

      const test = await write('few.test.jsonl', [row(`${'word '.repeat(180)} 7`, '7'), row('other', '1')]);
      await run('findLeakage', test, [test, uri]);
      await codesBecome(test, ['1 leakage-exact']);

      answer({ pick: ['80% training, 20% validation'] });
      await run('splitDataset', uri);
      const training = await stat(place('huge.train.jsonl'));
      const validation = await stat(place('huge.validation.jsonl'));
      assert.equal(training.size + validation.size, (await stat(uri.fsPath)).size);
      assert.ok(Math.abs(validation.size / size - 0.2) < 0.01);
    }).timeout(180_000);
  });

  suite('a grader', () => {
    const question = (keys: object = {}): string =>
      JSON.stringify({ messages: [{ role: 'user', content: 'Which one? A or B' }], ...keys });
    const grader = (field: string): string =>
      JSON.stringify({ type: 'string_check', input: `{{item.${field}}}`, reference: '{{sample.output_text}}' });

    test('beside the rows is held against them, and again when it is saved', async () => {
      await write('quiz.grader.json', [grader('truth')]);
      const uri = await write('quiz.jsonl', [
        ...Array.from({ length: 10 }, () => question({ truth: 'A' })),
        question(),
      ]);
      await show(uri);
      await codesBecome(uri, ['11 grader-field-missing']);
      const [diagnostic] = vscode.languages.getDiagnostics(uri);
      assert.deepEqual(
        diagnostic?.relatedInformation?.map(({ location }) => path.basename(location.uri.fsPath)),
        ['quiz.grader.json'],
      );
      const document = await show(vscode.Uri.file(place('quiz.grader.json')));
      await replaceLine(document, 1, grader('messages'));
      assert.ok(await document.save());
      await codesBecome(uri, []);
    });

    test('that was chosen is remembered, and can be taken away again', async () => {
      const uri = await write('quiz.test.jsonl', [question({ answer: 'A' }), question({ answer: 'B' })]);
      await write('any.json', [grader('truth.letter')]);
      answer({ pick: ['any.json'] });
      await run('checkGrader', uri);
      await codesBecome(uri, ['1 grader-field-missing', '2 grader-field-missing']);
      assert.equal(answers?.said[0], '2 rows of quiz.test.jsonl lack a field that any.json reads (truth.letter).');
      await show(uri);
      await codesBecome(uri, ['1 grader-field-missing', '2 grader-field-missing']);
      answer({ pick: ['No grader'] });
      await run('checkGrader', uri);
      assert.equal(answers.offered[0]?.[0], 'any.json');
      await codesBecome(uri, []);
    });

    test('that is none says so', async () => {
      const uri = await write('quiz.jsonl', [question()]);
      await write('package.json', ['{"name": "x"}']);
      answer({ pick: ['package.json'] });
      await run('checkGrader', uri);
      assert.equal(
        answers?.said[0],
        'package.json is not a grader: it has no "type". Choose the JSON file of the job’s grader.',
      );
      await write('fixed.json', ['{"type": "string_check", "input": "{{sample.output_text}}"}']);
      answer({ pick: ['fixed.json'] });
      await run('checkGrader', uri);
      assert.match(answers.said.join(), /^fixed\.json reads no field of the rows/);
    });
  });

  suite('commands that write a new file', () => {
    test('take a sample of the size and seed that were asked for', async () => {
      const lines = rows(50);
      const uri = await write('prices.jsonl', lines);
      answer({ pick: ['Some lines at random, in their order'], input: '7' });
      await run('sampleDataset', uri);
      const sample = (await readFile(place('prices.sample.jsonl'), 'utf8')).trimEnd().split('\n');
      assert.equal(sample.length, 7);
      assert.deepEqual(
        sample,
        lines.filter((line) => sample.includes(line)),
      );
      assert.equal(answers?.said[0], 'Created prices.sample.jsonl (7 lines).');
      answer({ pick: ['All lines, shuffled'] });
      await run('sampleDataset', uri);
      const shuffled = (await readFile(place('prices.shuffled.jsonl'), 'utf8')).trimEnd().split('\n');
      assert.notDeepEqual(shuffled, lines);
      assert.deepEqual([...shuffled].sort(), [...lines].sort());
    });

    test('convert a table by the columns that were chosen, quoted cells and all', async () => {
      await write('banking.csv', [
        'id,text,category',
        '1,I am still waiting on my card?,card_arrival',
        '2,"I ordered it, a week ago: ""where""',
        'is it?",card_arrival',
        '3,What is the rate,exchange_rate',
      ]);
      answer({ pick: ['text', 'category'] });
      await run('convertDataset', vscode.Uri.file(place('banking.csv')));
      assert.deepEqual((await readFile(place('banking.chat.jsonl'), 'utf8')).trimEnd().split('\n'), [
        row('I am still waiting on my card?', 'card_arrival'),
        row('I ordered it, a week ago: "where"\nis it?', 'card_arrival'),
        row('What is the rate', 'exchange_rate'),
      ]);
      // The columns that are called so come first, and an answered column is not offered again.
      assert.deepEqual(answers?.offered, [
        ['text', 'id', 'category'],
        ['category', 'id'],
      ]);
    });

    test('leave duplicates out only after their numbers were seen', async () => {
      const uri = await write('prices.jsonl', [...rows(12), ...rows(3)]);
      await run('removeDuplicates', uri);
      assert.deepEqual(answers?.offered, [
        ['Leave out 3 rows that repeat an earlier one word for word', 'Only show them'],
      ]);
      await codesBecome(uri, ['13 duplicate-exact', '14 duplicate-exact', '15 duplicate-exact']);
      await assert.rejects(stat(place('prices.unique.jsonl')), { code: 'ENOENT' });
      answer({ pick: ['Leave out 3 rows'] });
      await run('removeDuplicates', uri);
      assert.equal(await readFile(place('prices.unique.jsonl'), 'utf8'), `${rows(12).join('\n')}\n`);
    });
  });

  suite('.ndjson', () => {
    test('is what .jsonl is', async () => {
      const uri = await write('PRICES.NDJSON', [...rows(12), broken]);
      const document = await show(uri);
      assert.equal(document.languageId, 'jsonl');
      await codesBecome(uri, ['13 json-syntax']);
      const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', uri);
      assert.ok(lenses.some(({ command }) => command?.title === '13 examples'));
    });

    test('is listed where files are asked for', async () => {
      const root = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? assert.fail('A folder is open.');
      const [one, two] = [path.join(root, 'a.train.ndjson'), path.join(root, 'a.test.jsonl')];
      try {
        await writeFile(one, rows(12).join('\n'));
        await writeFile(two, rows(2).join('\n'));
        answer();
        await run('findContradictions');
        assert.deepEqual(answers?.offered[0]?.slice(0, 2), ['a.test.jsonl', 'a.train.ndjson']);
        await run('findLeakage', vscode.Uri.file(two));
        assert.equal(answers.offered[1]?.[0], 'a.train.ndjson');
      } finally {
        await rm(one, { force: true });
        await rm(two, { force: true });
      }
    });

    test('has the menus of .jsonl', () => {
      const { menus } = (
        vscode.extensions.getExtension('tuning-fork.tuning-fork')?.packageJSON as {
          contributes: { menus: Record<string, { command?: string; when?: string }[]> };
        }
      ).contributes;
      const whens = Object.values(menus)
        .flat()
        // Curves are no datasets.
        .filter(({ command }) => command !== 'tuningFork.openCurve')
        .flatMap(({ when }) => (when?.includes('resourceExtname') === true ? [when] : []));
      assert.ok(whens.length > 10);
      for (const when of whens) {
        const pattern = /resourceExtname =~ \/(.*?)\/i?(?: |$)/.exec(when)?.[1] ?? assert.fail(when);
        for (const ending of ['.jsonl', '.ndjson']) assert.match(ending, new RegExp(pattern));
      }
    });
  });

  suite('a virtual folder', () => {
    const files = new MemoryFiles();
    let registration: vscode.Disposable | undefined;
    suiteSetup(() => {
      registration = vscode.workspace.registerFileSystemProvider('memfs', files, { isCaseSensitive: true });
    });
    suiteTeardown(() => {
      registration?.dispose();
    });

    test('is checked, shown and mended from the text of its documents', async () => {
      const uri = vscode.Uri.parse('memfs:/prices.jsonl');
      files.put(uri, [...rows(12), row('x', 'y').replace('"}]', '",}]')].join('\n'));
      const document = await show(uri);
      await codesBecome(uri, ['13 json-trailing-comma']);
      const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
        'vscode.executeHoverProvider',
        uri,
        new vscode.Position(0, 20),
      );
      assert.ok(
        hovers.some(({ contents }) =>
          contents.some((page) => page instanceof vscode.MarkdownString && page.value.includes('thing 0')),
        ),
      );
      const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', uri);
      assert.ok(lenses.some(({ command }) => command?.title === '13 examples'));
      await vscode.commands.executeCommand('editor.action.sourceAction', {
        kind: 'source.fixAll.tuningFork',
        apply: 'first',
      });
      await codesBecome(uri, []);
      assert.ok(await document.save());
      assert.equal(files.text(uri), [...rows(12), row('x', 'y')].join('\n'));
    });

    for (const command of ['checkDataset', 'splitDataset', 'findContradictions', 'startFineTuning', 'evaluateModel']) {
      test(`has no file on disk for ${command}, which says why not and what to do`, async () => {
        const uri = vscode.Uri.parse('memfs:/prices.jsonl');
        files.put(uri, rows(12).join('\n'));
        await show(uri);
        await run(command, uri);
        await eventually(
          () => answers?.said ?? [],
          (said) => said.length > 0,
        );
        assert.deepEqual(answers?.said, [
          'prices.jsonl is in a virtual folder (memfs), but this command reads files on disk only. Save it to a folder on disk, and run the command on that file.',
        ]);
      });
    }

    test('an untitled document has to be saved first, too', async () => {
      const document = await vscode.workspace.openTextDocument({ language: 'jsonl', content: rows(12).join('\n') });
      await vscode.window.showTextDocument(document);
      await run('checkDataset');
      assert.match(
        answers?.said[0] ?? '',
        /^Untitled-\d+ has not been saved yet, but this command reads the file on disk\./,
      );
      assert.deepEqual(answers?.offered, []);
    });
  });

  test('a file whose time changes but not its content is looked at again, not trusted', async () => {
    const uri = await write('prices.jsonl', [...rows(12), broken]);
    await run('checkDataset', uri);
    await problemsBecome(uri, [`13:15-16 json-syntax Error`]);
    await utimes(uri.fsPath, new Date(), new Date(Date.now() + 5000));
    await codesBecome(uri, []);
  });
});
