import { describe, expect, it } from 'vitest';
import { datasetId } from '../../../../../src/core/dataset/hub/datasetId.ts';
import { originFileOf, parseOrigin } from '../../../../../src/core/dataset/hub/origin.ts';
import { classNames, plainRow } from '../../../../../src/core/dataset/hub/plainRow.ts';
import { columnsOfRows, previewRows } from '../../../../../src/core/dataset/hub/preview.ts';

const HUB = 'https://hub.example/hf';

describe('the id of a dataset', () => {
  it.each([
    ['owner/name', 'owner/name'],
    ['  squad ', 'squad'],
    ['https://huggingface.co/datasets/owner/name', 'owner/name'],
    ['https://huggingface.co/datasets/owner/na.me_1/viewer/default/train?row=3', 'owner/na.me_1'],
    ['https://huggingface.co/datasets/squad/tree/main/plain_text', 'squad'],
    ['https://hub.example/hf/datasets/owner/name#card', 'owner/name'],
    ['datasets/owner/name/', 'owner/name'],
  ])('is found in %s', (typed, id) => {
    expect(datasetId(typed, HUB)).toBe(id);
  });

  it.each([
    '',
    'a b',
    '../etc/passwd',
    'owner/..',
    'owner/.git',
    'a--b/c',
    'owner/name/../../x',
    'https://evil.example/datasets/a/b',
    '-a/b',
    'a/b.',
  ])('is not %j', (typed) => {
    expect(datasetId(typed, HUB)).toBeNull();
  });
});

describe('a row of a Parquet file', () => {
  const none = new Map<string, readonly string[]>();

  it('becomes JSON, without keys that say nothing', () => {
    const row = {
      big: 2n ** 60n,
      small: 7n,
      at: new Date('2026-11-27T10:00:00Z'),
      wrong: new Date(Number.NaN),
      picture: { bytes: new Uint8Array(9), path: null },
      list: [1n, null, { a: undefined, content: null }],
      floats: new Float32Array([0.5]),
      nan: Number.NaN,
      nothing: undefined,
    };
    expect(plainRow(row, none)).toEqual({
      big: '1152921504606846976',
      small: 7,
      at: '2026-11-27T10:00:00.000Z',
      picture: { bytes: { bytes: 9 } },
      list: [1, null, { content: null }],
      floats: [0.5],
    });
  });

  it('keeps a column named __proto__ a column', () => {
    const row = plainRow(JSON.parse('{"__proto__":{"a":1},"b":{"__proto__":2}}') as Record<string, unknown>, none);
    expect(Object.keys(row)).toEqual(['__proto__', 'b']);
    expect(Object.getPrototypeOf(row)).toBe(Object.prototype);
  });

  it('has the names of its classes, where the file has a description that can be read', () => {
    const classes = classNames(
      JSON.stringify({
        info: {
          features: { label: { _type: 'ClassLabel', names: ['no', 'yes'] }, odd: { _type: 'ClassLabel', names: [1] } },
        },
      }),
    );
    expect([...classes.keys()]).toEqual(['label']);
    expect(plainRow({ label: 1n }, classes)).toEqual({ label: 'yes' });
    expect(plainRow({ label: -1n }, classes)).toEqual({});
    for (const bad of ['', '{', '[]', '{"info":1}', '{"info":{"features":[1]}}'])
      expect([...classNames(bad)]).toEqual([]);
  });
});

describe('the first rows', () => {
  it('tell the form, the pair and what is left out', () => {
    const rows = [
      { question: 'Q?', answer: 'A', id: 'x1', extra: 3 },
      { question: '', answer: 'B' },
    ];
    expect(previewRows(rows)).toMatchObject({
      form: 'pairs',
      pair: { question: 'question', answer: 'answer' },
      rows: 2,
      converted: 1,
      kind: 'chat',
      leftOut: ['id', 'extra'],
    });
    expect(previewRows([])).toMatchObject({ form: 'unknown', rows: 0, converted: 0, kind: null });
    expect(columnsOfRows([{ a: [1], b: true, c: { d: 1 } }, { e: 1 }, 'no row'])).toEqual({
      columns: ['b', 'e'],
      suggested: { user: 'b', assistant: 'e', system: null },
    });
  });

  it('lose keys that providers do not know, in examples and in messages', () => {
    const messages = [
      { role: 'user', content: 'Q?', thoughts: 'x' },
      { role: 'assistant', content: 'A' },
    ];
    expect(previewRows([{ messages, source: 's' }])).toMatchObject({ converted: 1, leftOut: ['source', 'thoughts'] });
  });
});

describe('the record of an origin', () => {
  it('is beside the dataset, and is read only where it is one', () => {
    expect(originFileOf('/a.b/prices.train.jsonl')).toBe('/a.b/prices.train.origin.json');
    const good = {
      format: 1,
      dataset: 'o/n',
      revision: 'abc',
      split: 'train',
      config: 3,
      importedAt: 'never',
      file: { bytes: 1, sha256: 'x' },
    };
    expect(parseOrigin(JSON.stringify(good))).toEqual({
      dataset: 'o/n',
      revision: 'abc',
      split: 'train',
      config: null,
      license: null,
      importedAt: null,
      file: { bytes: 1, sha256: 'x' },
    });
    for (const bad of [
      '',
      '[]',
      'null',
      '{"format":2}',
      JSON.stringify({ ...good, file: null }),
      JSON.stringify({ ...good, dataset: 1 }),
    ])
      expect(parseOrigin(bad)).toBeNull();
  });
});
