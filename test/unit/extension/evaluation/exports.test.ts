import { describe, expect, it, vi } from 'vitest';
import type { RowResult, TestItem } from '../../../../src/core/evaluation/types.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());
const { rowsAsCsv, rowsAsJsonl } = await import('../../../../src/extension/evaluation/export/rowsText.ts');
const { matchedItems, panelItems } = await import('../../../../src/extension/evaluation/panel/runItems.ts');

const item = (index: number, question: string, truth = '10'): TestItem => ({
  index,
  line: index + 1,
  title: question,
  messages: [{ role: 'user', content: question }],
  truth,
});
const items = [item(0, '=HYPERLINK("https://example.com")', 'Price is $10'), item(1, 'plain, with a comma')];
const rows: readonly RowResult[] = [
  {
    contestant: 'tuned',
    item: 0,
    status: 'graded',
    sample: '=1+1',
    guess: -2,
    truth: 10,
    error: 12,
    colour: 'green',
    finishReason: 'stop',
    ms: 250,
    usage: { input: 30, output: 4 },
  },
  {
    contestant: 'tuned',
    item: 1,
    status: 'error',
    sample: null,
    guess: null,
    truth: '@truth',
    error: null,
    colour: null,
    code: 'moderated',
    message: 'Refused.',
  },
];
const run = {
  config: {
    contestants: [
      { id: 'tuned', kind: 'fine-tuned' as const, label: '+pricer', model: 'ft:x' },
      { id: 'constant', kind: 'constant' as const, label: 'constant' },
    ],
  },
  items,
  row: (contestant: string, index: number) => rows.find((row) => row.contestant === contestant && row.item === index),
};

describe('rows as CSV', () => {
  it('hold every figure, and no text that becomes a formula', async () => {
    const [head, first, second, end] = (await rowsAsCsv(run)).split('\r\n');
    expect(head).toBe(
      'line,title,contestant,model,status,code,truth,guess,error,color,finish_reason,ms,input_tokens,output_tokens,reply,message',
    );
    expect(first).toBe(
      `1,"'=HYPERLINK(""https://example.com"")",'+pricer,ft:x,graded,,10,-2,12,green,stop,250,30,4,'=1+1,`,
    );
    expect(second).toBe(`2,"plain, with a comma",'+pricer,ft:x,error,moderated,'@truth,,,,,,,,,Refused.`);
    expect(end).toBe('');
  });
});

describe('rows as JSON lines', () => {
  it('hold the prompt, the whole answer and the row', async () => {
    const lines = (await rowsAsJsonl(run))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toEqual({
      item: 0,
      line: 1,
      title: items[0]?.title,
      contestant: 'tuned',
      label: '+pricer',
      model: 'ft:x',
      messages: items[0]?.messages,
      answer: 'Price is $10',
      ...Object.fromEntries(Object.entries(rows[0] ?? {}).filter(([key]) => key !== 'item' && key !== 'contestant')),
    });
  });
});

describe('items', () => {
  it('with equal prompts name the first of them', async () => {
    const found = await panelItems([item(0, 'a'), item(1, 'b'), item(2, 'a'), item(3, 'a')]);
    expect(found.map(({ cluster }) => cluster)).toEqual([undefined, undefined, 0, 0]);
  });

  it('of two runs belong together by their place in the same file, else by question and answer', async () => {
    const own = { sha256: 'a', items: [item(0, 'a'), item(1, 'b'), item(2, 'a')] };
    expect([...(await matchedItems(own, { sha256: 'a', items: own.items }))]).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ]);
    const prefixed = {
      ...item(0, 'b'),
      messages: [
        { role: 'user' as const, content: 'b' },
        { role: 'assistant' as const, content: 'Price is $' },
      ],
    };
    const other = { sha256: 'b', items: [prefixed, item(1, 'a'), item(2, 'a'), item(3, 'a'), item(4, 'b', '11')] };
    expect([...(await matchedItems(own, other))]).toEqual([
      [0, 1],
      [1, 0],
      [2, 2],
    ]);
  });
});
