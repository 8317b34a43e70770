import { describe, expect, it } from 'vitest';
import { readCurves, type Curves } from '../../../../../src/core/training/curves/curveFile.ts';

function read(text: string, name = 'curve.csv'): Curves {
  const result = readCurves(new TextEncoder().encode(text), name);
  if (!result.ok) throw new Error(`${result.error.message} ${result.error.action}`);
  return result.value;
}
/** Points of a series as text, so that a failure shows them. */
function points({ series }: Curves, name: string): string {
  const found = series.get(name);
  return found === undefined ? 'none' : [...found.steps].map((step, i) => `${step}:${found.values[i]}`).join(' ');
}
function refusal(bytes: Uint8Array): string {
  const result = readCurves(bytes, 'a.csv');
  return result.ok ? 'none' : `${result.error.message} ${result.error.action}`;
}

const RESULT = [
  'step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy',
  '1,2.5,0.4,2.75,0.5',
  '2,2,0.5,,',
  '3,1.5,N/A,-1,-1',
].join('\n');

describe('result files', () => {
  it('give a series a column, without the cells that have no figure', () => {
    const curves = read(RESULT);
    expect([...curves.series.keys()]).toEqual([
      'train_loss',
      'train_accuracy',
      'valid_loss',
      'valid_mean_token_accuracy',
    ]);
    expect(points(curves, 'train_loss')).toBe('1:2.5 2:2 3:1.5');
    expect(points(curves, 'train_accuracy')).toBe('1:0.4 2:0.5');
    expect(points(curves, 'valid_loss')).toBe('1:2.75');
    expect(curves).toMatchObject({ format: 'table', problemCount: 0, epochs: null });
    expect(curves.series.get('train_accuracy')).toMatchObject({ gaps: 1, unreadable: 0 });
  });

  it('are read as base64 too, and with CR LF, semicolons, tabs and a byte order mark', () => {
    const base64 = Buffer.from(RESULT).toString('base64');
    const wrapped = base64.replace(/(.{40})/g, '$1\n');
    for (const text of [
      base64,
      wrapped,
      `\uFEFF${RESULT}`,
      RESULT.replaceAll('\n', '\r\n'),
      RESULT.replaceAll(',', ';'),
      RESULT.replaceAll(',', '\t'),
    ])
      expect(points(read(text), 'train_loss'), text.slice(0, 60)).toBe('1:2.5 2:2 3:1.5');
  });

  it('count what cannot be read, with its line and reason', () => {
    const curves = read('step,train_loss\n1,2\n2,abc\nx,3\n\n3,NaN\n4,1,9\n,5\n5,1e400');
    expect(points(curves, 'train_loss')).toBe('1:2 4:1');
    expect(curves.series.get('train_loss')).toMatchObject({ unreadable: 1, gaps: 2 });
    expect(curves.problems).toEqual([
      { line: 3, reason: '“abc” in train_loss is no number.' },
      { line: 4, reason: '“x” is no step.' },
      { line: 7, reason: 'The row has 3 cells for 2 columns.' },
      { line: 8, reason: 'The row has no step.' },
    ]);
    expect(curves.problemCount).toBe(4);
  });

  it('list a hundred problems and count all', () => {
    const rows = Array.from({ length: 250 }, (_, i) => `${i},bad`);
    const curves = read(['step,a,b', '0,1,1', ...rows.map((row) => `${row},1`)].join('\n'));
    expect(curves.problems).toHaveLength(100);
    expect(curves.problemCount).toBe(250);
    expect(curves.series.get('a')?.unreadable).toBe(250);
    expect(curves.series.get('b')?.values).toHaveLength(251);
  });

  it('come in the order of their steps; points of one step keep theirs', () => {
    expect(points(read('step,loss\n3,30\n1,10\n2,20\n1,11'), 'loss')).toBe('1:10 1:11 2:20 3:30');
  });

  it('name a column that is there twice', () => {
    const curves = read('step,loss,loss\n1,2,3');
    expect(points(curves, 'loss')).toBe('1:2');
    expect(curves.problems).toEqual([{ line: 1, reason: 'The column loss is there twice; its first copy is read.' }]);
  });
});

describe('exports of W&B', () => {
  it('leave the extremes out and keep the runs apart', () => {
    const curves = read(
      [
        '"Step","one - train/loss","one - train/loss__MIN","one - train/loss__MAX","two, ""b"" - train/loss"',
        '"0","2.5","2.5","2.5",""',
        '"10","2","1.9","2.1","3"',
      ].join('\n'),
    );
    expect([...curves.series.keys()]).toEqual(['one - train/loss', 'two, "b" - train/loss']);
    expect(points(curves, 'one - train/loss')).toBe('0:2.5 10:2');
    expect(points(curves, 'two, "b" - train/loss')).toBe('10:3');
    expect(curves.leftOut).toEqual(['one - train/loss__MIN', 'one - train/loss__MAX']);
    expect(curves.problemCount).toBe(0);
  });

  it('may have times instead of steps', () => {
    expect(points(read('"Relative Time (Process)","a - loss"\n0.5,1\n1.5,2'), 'a - loss')).toBe('0.5:1 1.5:2');
  });
});

describe('trainer_state.json', () => {
  it('gives a series a key, with the gaps that Python writes as NaN', () => {
    const text = JSON.stringify({
      num_train_epochs: 3,
      log_history: [
        { epoch: 0.5, loss: 2.5, learning_rate: 1e-4, step: 10 },
        { epoch: 1, eval_loss: 2.25, step: 20 },
        { epoch: 1, loss: 'PLACE', grad_norm: 'x', step: 20 },
        { epoch: 1, loss: 9 },
        { epoch: 2, loss: [1], step: 40 },
        null,
      ],
    }).replace('"PLACE"', 'NaN');
    const curves = read(text, 'trainer_state.json');
    expect(curves).toMatchObject({ format: 'trainer-state', epochs: 3, leftOut: ['grad_norm'] });
    expect([...curves.series.keys()]).toEqual(['loss', 'learning_rate', 'eval_loss']);
    expect(points(curves, 'loss')).toBe('10:2.5');
    expect(points(curves, 'eval_loss')).toBe('20:2.25');
    expect(curves.series.get('loss')?.gaps).toBe(1);
    expect(curves.problems).toEqual([
      { line: 3, reason: '“x” in grad_norm is no number.' },
      { line: 4, reason: 'The entry has no step.' },
      { line: 5, reason: '“[1]” in loss is no number.' },
      { line: 6, reason: 'The entry has no step.' },
    ]);
  });
});

describe('what is no curve', () => {
  const ACTION = 'Choose a result file (CSV), a trainer_state.json or a CSV export of Weights & Biases.';
  it.each([
    ['nothing', '', 'a.csv is empty.'],
    ['blanks', ' \n\n', 'a.csv is empty.'],
    ['prose', 'Hello, world', 'a.csv is no curve: it has no steps with numbers.'],
    ['a table without steps', 'a,b\n1,2', 'a.csv is no curve: it has no steps with numbers.'],
    ['other JSON', '{"a": 1}', 'a.csv is no curve: it has no steps with numbers.'],
    ['broken JSON', '{"log_history": [', 'a.csv is no curve: it has no steps with numbers.'],
    ['JSON lines', '{"a": 1}\n{"a": 2}', 'a.csv is no curve: it has no steps with numbers.'],
    [
      'base64 of something else',
      Buffer.from('Hello, world').toString('base64'),
      'a.csv is no curve: it has no steps with numbers.',
    ],
    ['steps alone', 'step,train_loss\n1,\n2,', 'a.csv has steps but no numbers at them.'],
    ['an empty history', '{"log_history": []}', 'a.csv has steps but no numbers at them.'],
  ])('%s', (_, text, message) => {
    expect(refusal(new TextEncoder().encode(text))).toBe(`${message} ${ACTION}`);
  });

  it('binary data', () => {
    expect(refusal(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 1))).toBe(
      `a.csv holds binary data and no curve. ${ACTION}`,
    );
    expect(refusal(Uint8Array.of(0x73, 0, 0x74))).toBe(`a.csv holds binary data and no curve. ${ACTION}`);
  });
});
