import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DatasetWorkerClient } from '../../../src/extension/datasets/workerClient.ts';

const client = new DatasetWorkerClient(new URL('../../../src/worker/datasetWorker.ts', import.meta.url));
afterAll(() => client.dispose());

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tuning-fork-fix-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const good = '{"messages": [{"role": "user", "content": "é 😀"},{"role":"assistant", "content": "b"}]}';
const comma = good.replace('"é 😀"}', '"é 😀",}');
const role = good.replace('"assistant"', '"asistant"');

describe('fixing a text', () => {
  it('touches only the lines that need it', async () => {
    const text = [good, comma, '', ` ${good}`, role].join('\n');
    expect(await client.fixText({ name: 'a', text }, null)).toEqual([
      { line: 2, text: good },
      { line: 3, text: null },
      { line: 5, text: good },
    ]);
  });

  it('mends only the kinds that are asked for', async () => {
    const text = [comma, '', role].join('\r\n');
    expect(await client.fixText({ name: 'a', text }, ['unknown-role'])).toEqual([{ line: 3, text: good }]);
    expect(await client.fixText({ name: 'a', text }, [])).toEqual([]);
  });

  it('gives each finding its own fix, and none where a person has to decide', async () => {
    const { findings } = await client.check(
      { name: 'a', text: `${comma}\n{"messages": 1}` },
      { disk: null, forTraining: false, limit: 10 },
    );
    const [first, second] = findings;
    if (first === undefined || second === undefined) throw new Error('Two findings are expected');
    expect(await client.fixesOfLine(comma, [first])).toEqual([
      { title: 'Remove the comma', edits: [{ column: first.column, endColumn: first.endColumn, text: '' }] },
    ]);
    expect(await client.fixesOfLine('{"messages": 1}', [second])).toEqual([null]);
  });
});

describe('fixing an example that goes on over lines', () => {
  const broken = good.replace('é 😀', 'one\n\ntwo ",{').replace('",{', '\\",{');
  const whole = broken.replaceAll('\n', '\\n');

  it('joins its lines, and removes the rest of them', async () => {
    expect(await client.fixText({ name: 'a', text: [good, broken, comma].join('\n') }, null)).toEqual([
      { line: 2, text: whole },
      { line: 3, text: null },
      { line: 4, text: null },
      { line: 5, text: good },
    ]);
    expect(await client.fixText({ name: 'a', text: broken }, ['blank-line'])).toEqual([{ line: 2, text: null }]);
  });

  it('keeps the bytes of every other line of the file, its ending included', async () => {
    const path = join(folder, 'a.jsonl');
    writeFileSync(path, `\uFEFF${good}\r\n${broken.replaceAll('\n', '\r\n')}\r\n  ${good}`);
    expect(await client.fixFile(path, path, ['json-line-break'])).toBe(1);
    expect(readFileSync(path, 'utf8')).toBe(`\uFEFF${good}\r\n${whole}\r\n  ${good}`);
  });

  it('finds it once, with a fix of all its lines', async () => {
    const { findings, dataset } = await client.check(
      { name: 'a', text: [broken, broken].join('\n') },
      { disk: null, forTraining: false, limit: 10 },
    );
    expect(dataset).toBe(true);
    expect(findings.map(({ code, line, endLine }) => [code, line, endLine])).toEqual([
      ['json-line-break', 1, 3],
      ['json-line-break', 4, 6],
    ]);
    expect(await client.fixesOfLine(broken, findings.slice(0, 1))).toEqual([
      { title: 'Write \\n for the line breaks', edits: [], whole },
    ]);
  });
});

describe('fixing a large document', () => {
  it('is done on the file that it was read from', async () => {
    const path = join(folder, 'a.jsonl');
    writeFileSync(path, `\uFEFF${good}\r\n${comma}\r\n`);
    expect(await client.fixText({ path }, null)).toEqual([{ line: 2, text: good }]);
    writeFileSync(path, `\uFEFF${comma}`);
    expect(await client.fixText({ path }, null)).toEqual([{ line: 1, text: good }]);
  });
});

describe('fixing a file', () => {
  const file = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };

  it('keeps the bytes of every other line, its ending included', async () => {
    const path = file('a.jsonl', `\uFEFF${good}\r\n${comma}\n\n  ${good}\r\nnot json`);
    expect(await client.fixFile(path, path, ['json-trailing-comma'])).toBe(1);
    expect(readFileSync(path, 'utf8')).toBe(`\uFEFF${good}\r\n${good}\n\n  ${good}\r\nnot json`);
    expect(await client.fixFile(path, path, ['byte-order-mark'])).toBe(1);
    expect(readFileSync(path, 'utf8')).toBe(`${good}\r\n${good}\n\n  ${good}\r\nnot json`);
    expect(await client.fixFile(path, join(folder, 'b.jsonl'), null)).toBe(3);
    expect(readFileSync(join(folder, 'b.jsonl'), 'utf8')).toBe(`${good}\n${good}\n  ${good}\nnot json`);
    expect(readdirSync(folder).sort()).toEqual(['a.jsonl', 'b.jsonl']);
  });

  it('turns UTF-16 into UTF-8', async () => {
    const path = file('a.jsonl', Buffer.from(`\uFEFF${good}\n${good}\n`, 'utf16le'));
    await client.fixFile(path, path, ['utf-16']);
    expect(readFileSync(path, 'utf8')).toBe(`${good}\n${good}\n`);
  });

  it.skipIf(process.platform === 'win32')('leaves a link a link and the rights what they are', async () => {
    const path = file('a.jsonl', comma);
    chmodSync(path, 0o640);
    const link = join(folder, 'link.jsonl');
    symlinkSync(path, link);
    await client.fixFile(link, link, null);
    expect(readFileSync(path, 'utf8')).toBe(good);
    expect(statSync(path).mode & 0o777).toBe(0o640);
  });

  it('that is not there is named', async () => {
    const path = join(folder, 'gone.jsonl');
    await expect(client.fixFile(path, path, null)).rejects.toMatchObject({ code: 'file-not-found' });
    expect(readdirSync(folder)).toEqual([]);
  });
});
