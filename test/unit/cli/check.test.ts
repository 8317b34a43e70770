import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, describe, expect, it } from 'vitest';
import { BUILT_CLI } from '../../support/builtCli.ts';

const folder = mkdtempSync(join(tmpdir(), 'check-'));
const dataDir = process.env['TUNING_FORK_DATA_DIR'];

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Printed {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endColumn: number;
  readonly code: string;
  readonly severity: string;
  readonly message: string;
}

function run(...args: string[]): { readonly code: number | null; readonly out: string; readonly err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BUILT_CLI, 'check', ...args], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { code: status, out: stdout, err: stderr };
}
function json(...args: string[]): readonly Printed[] {
  return JSON.parse(run(...args, '--format', 'json').out) as readonly Printed[];
}
function write(name: string, lines: readonly string[], end = '\n'): string {
  writeFileSync(join(folder, name), lines.join('\n') + end);
  return name;
}
const row = (question: string, answer = 'a'): string =>
  JSON.stringify({
    messages: [
      { role: 'user', content: question },
      { role: 'assistant', content: answer },
    ],
  });
const rows = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, n) => row(`question ${String(from + n)}`, `answer ${String(from + n)}`));
const codes = (printed: readonly Printed[]): readonly string[] =>
  printed.map(({ line, code }) => `${String(line)} ${code}`);

describe('check on the command line', () => {
  it('says nothing of a good file', () => {
    const good = write('good.jsonl', rows(12));
    expect(run(good)).toEqual({ code: 0, out: '0 errors, 0 warnings, 0 notes\n', err: '' });
    expect(json(good)).toEqual([]);
    expect(run(good, '--format', 'github').out).toBe('');
  });

  it('gives lines and columns from 1, in UTF-16 units, the whole line where it is meant', () => {
    const bad = write('bad.jsonl', [...rows(10), row('😀 <|endoftext|>'), '["é"]']);
    const printed = json(bad);
    const at = row('😀 <|endoftext|>').indexOf('<|');
    expect(printed).toEqual([
      {
        file: bad,
        line: 11,
        column: at + 1,
        endColumn: at + 14,
        code: 'special-token',
        severity: 'error',
        message: expect.any(String) as string,
      },
      {
        file: bad,
        line: 12,
        column: 1,
        endColumn: 6,
        code: 'not-object',
        severity: 'error',
        message: expect.any(String) as string,
      },
    ]);
    expect(run(bad).code).toBe(1);
  });

  it('writes what GitHub shows beside the line, with nothing in it that could be another command', () => {
    const name = write('a,b:c%.jsonl', [
      ...rows(10),
      JSON.stringify({
        messages: [
          { role: 'x\n::error::y', content: 'q' },
          { role: 'assistant', content: 'a' },
        ],
      }),
    ]);
    const { out } = run(name, '--format', 'github');
    expect(out.split('\n')).toHaveLength(2);
    expect(out).toMatch(
      /^::error file=a%2Cb%3Ac%25\.jsonl,line=11,endLine=11,col=\d+,endColumn=\d+,title=unknown-role::/,
    );
  });

  it('lets no name of a file steer the terminal or forge a line', () => {
    const name = write('x\n::error::y\u001b[31m.jsonl', rows(3));
    for (const format of ['text', 'github']) {
      const { code, out } = run(name, '--format', format);
      expect([code, out.trimEnd().split('\n').length]).toEqual([1, format === 'text' ? 2 : 1]);
      if (format === 'text') expect(out).not.toContain('\u001b');
    }
    expect(json(name).map(({ file }) => file)).toEqual([name]);
    expect(run('no\u001b[31m.jsonl').err).toBe('no\uFFFD[31m.jsonl does not exist.\n');
  });

  it('counts errors and warnings in all files together', () => {
    const [one, two] = [1, 2].map((n) => write(`w${String(n)}.jsonl`, [...rows(10), row('question 1', 'another')]));
    expect(run(one ?? '', two ?? '', '--max-warnings', '3').code).toBe(1);
    expect(run(one ?? '', two ?? '', '--max-warnings', '4').code).toBe(0);
    expect(run(one ?? '', '--max-warnings=0').code).toBe(1);
  });

  it('fails by warnings only when there are more than allowed', () => {
    const warned = write('warned.jsonl', [...rows(10), row('question 1', 'another')]);
    expect(codes(json(warned))).toEqual(['2 contradiction', '11 contradiction']);
    expect(run(warned).code).toBe(0);
    expect(run(warned, '--max-warnings', '2').code).toBe(0);
    expect(run(warned, '--max-warnings', '1').code).toBe(1);
  });

  it('finds duplicates in a file and leaks between two, one a row', () => {
    const long =
      'The quick brown fox jumps over the lazy dog while seven wizards quietly box a jumping frog near the old mill';
    const train = write('train.jsonl', [...rows(10), row(long, 'b'), row('question 1', 'answer 1')]);
    const test = write('test.jsonl', [
      ...rows(3),
      row('question 5', 'other'),
      row(long.replace('lazy', 'lame'), 'b'),
      ...rows(6, 100),
    ]);
    expect(codes(json(train))).toEqual(['12 duplicate-exact']);
    expect(codes(json(test, '--against', train))).toEqual([
      '1 leakage-exact',
      '2 leakage-exact',
      '3 leakage-exact',
      '4 leakage-prompt',
      '5 leakage-near',
    ]);
    expect(codes(json(train, '--against', test)).filter((code) => code.includes('leakage'))).toEqual([
      '1 leakage-exact',
      '2 leakage-exact',
      '3 leakage-exact',
      '6 leakage-prompt',
      '11 leakage-near',
      '12 leakage-exact',
    ]);
  });

  it('puts what concerns the file where it can be seen', () => {
    expect(json(write('few.jsonl', rows(8))).map(({ line, column, code }) => [line, column, code])).toEqual([
      [9, 1, 'too-few-examples'],
    ]);
    const open = rows(8);
    expect(json(write('open.jsonl', open, '')).map(({ line, column }) => [line, column])).toEqual([
      [8, (open[7]?.length ?? 0) + 1],
    ]);
    expect(json(write('empty.jsonl', [], '')).map(({ line, column, code }) => [line, column, code])).toEqual([
      [1, 1, 'empty-file'],
    ]);
  });

  it('checks several files, and still says 2 when one cannot be read', () => {
    const [good, few] = [write('good.jsonl', rows(12)), write('few.jsonl', rows(2))];
    const { code, out, err } = run(good, 'missing.jsonl', few, '--format', 'json');
    expect(code).toBe(2);
    expect(codes(JSON.parse(out) as Printed[])).toEqual(['3 too-few-examples']);
    expect(err).toBe('missing.jsonl does not exist.\n');
    expect(run(folder).code).toBe(2);
    expect(run(good, '--against', 'missing.jsonl').code).toBe(2);
  });

  it.each([
    [[]],
    [['a.jsonl', '--format', 'xml']],
    [['a.jsonl', '--max-warnings', 'many']],
    [['a.jsonl', '--unknown']],
  ])('refuses the options %j', (args) => {
    const { code, err } = run(...args);
    expect(code).toBe(2);
    expect(err).toContain('See --help.');
  });

  it.skipIf(dataDir === undefined).each([
    ['lesson/pricer_v1_fine_tune_validation_50.jsonl', 'lesson/pricer_v1_fine_tune_train_200.jsonl', {}],
    ['lesson/pricer_v1_fine_tune_train_200.jsonl', null, { 'twice-decoded': 1 }],
    ['lesson/students/emmy_fine_tune_validation.jsonl', 'lesson/students/emmy_fine_tune_train.jsonl', {}],
    ['lesson/students/emmy_fine_tune_train.jsonl', null, { 'replacement-character': 1 }],
    ['lesson/students/mrpeski_gdpr_test.jsonl', 'lesson/students/mrpeski_gdpr_train.jsonl', {}],
    ['lesson/students/mrpeski_gdpr_train.jsonl', null, {}],
    [
      'lesson/students/johngorithm_johngorithm.jsonl',
      null,
      { 'kind-prompt-completion': 1, 'duplicate-exact': 73, contradiction: 142 },
    ],
    ['lesson/students/tope-ai-labs_jsonl_fine_tune_train.jsonl', null, { 'too-few-examples': 1 }],
    ['lesson/students/tope-ai-labs_jsonl_fine_tune_validation.jsonl', null, { 'too-few-examples': 1 }],
    ['foundry/sft_toolcall_stock_training.jsonl', null, {}],
    ['foundry/sft_toolcall_stock_validation.jsonl', null, {}],
    ['foundry/dpo_orca_pairs_validation_head60.jsonl', null, {}],
    ['openai/toy_chat_fine_tuning.jsonl', null, { 'too-few-examples': 1, 'system-prompt-missing': 1 }],
    ['banking77/train.csv', null, { csv: 1 }],
  ])('of real data: %s', (file, against, counts) => {
    const printed = json(
      join(dataDir ?? '', file),
      ...(against === null ? [] : ['--against', join(dataDir ?? '', against)]),
    );
    const found: Record<string, number> = {};
    for (const { code } of printed) found[code] = (found[code] ?? 0) + 1;
    expect(found).toEqual(counts);
  });

  it.skipIf(dataDir === undefined)(
    'of real data: every line of the malformed file, each with a code of its own',
    () => {
      const lines = json(join(dataDir ?? '', 'malformed/malformed_lines.jsonl')).filter(
        ({ code }) => code !== 'too-few-examples',
      );
      expect(lines.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      expect(new Set(lines.map(({ code }) => code)).size).toBe(10);
    },
  );

  it('judges the grader as a start does', () => {
    const questions = write(
      'questions.jsonl',
      Array.from({ length: 12 }, (_, n) =>
        JSON.stringify({ messages: [{ role: 'user', content: `question ${String(n)}` }], answer: String(n) }),
      ),
    );
    const good = {
      type: 'string_check',
      name: 'a',
      input: '{{sample.output_text}}',
      reference: '{{item.answer}}',
      operation: 'eq',
    };
    const judged = (grader: unknown): unknown[] =>
      json(questions, '--grader', write('a.grader.json', [JSON.stringify(grader)])).map(({ file, code }) => [
        file,
        code,
      ]);
    expect(judged(good)).toEqual([]);
    for (const bad of [{ a: 1 }, { ...good, operation: 'equals' }, { ...good, input: '{sample.output_text}' }])
      expect(judged(bad)).toEqual([['a.grader.json', 'bad-grader']]);
    expect(run(questions, '--grader', 'a.grader.json').code).toBe(1);
    expect(run(questions, '--grader', 'none.json').code).toBe(2);
  });

  it.skipIf(dataDir === undefined)('of real data: 60 rows without the field that their grader reads', () => {
    const at = (name: string): string => join(dataDir ?? '', 'foundry', name);
    const printed = json(
      at('rft_medmcq_validation_head60.jsonl'),
      '--grader',
      at('rft_medmcq_stringcheck_grader.json'),
    );
    expect(printed.map(({ code }) => code)).toEqual(Array.from({ length: 60 }, () => 'grader-field-missing'));
  });

  it('names the answers that models which have not seen them find least likely, as notes', { timeout: 60_000 }, () => {
    const kinds = ['delivery', 'payment', 'product'] as const;
    const words = { delivery: 'parcel courier late', payment: 'card invoice refund', product: 'colour size plug' };
    const lines = Array.from({ length: 90 }, (_, n) => {
      const kind = kinds[n % 3] ?? 'delivery';
      return row(
        `${words[kind].split(' ')[n % 2] ?? ''} ${words[kind]} number ${String(n)}`,
        n === 40 ? 'delivery' : kind,
      );
    });
    const file = write('labels.jsonl', lines);
    const named = json(file, '--suspicious', '3') as readonly (Printed & { score: number; called: boolean })[];
    const suspicious = named.filter(({ code }) => code === 'suspicious-answer');
    expect(suspicious).toHaveLength(3);
    expect(suspicious[0]).toMatchObject({ line: 41, column: 1, severity: 'information', called: true });
    expect(suspicious[0]?.message).toMatch(
      /^The answer “delivery” has a probability of 0\.0\d+ by .* expect “payment”\.$/,
    );
    expect(suspicious.map(({ score }) => score)).toEqual(
      suspicious.map(({ score }) => score).toSorted((a, b) => b - a),
    );
    expect(run(file, '--suspicious', '3').code).toBe(run(file).code);
    expect(json(file).map(({ code }) => code)).not.toContain('suspicious-answer');
    const few = run(write('few.jsonl', rows(12)), '--suspicious', '5');
    expect([few.code, few.out]).toEqual([0, '0 errors, 0 warnings, 0 notes\n']);
    expect(few.err).toMatch(/^few\.jsonl: Nothing can be said of single answers: .* at least 50 are needed\./);
    expect(run(file, '--suspicious', 'all')).toMatchObject({
      code: 2,
      err: expect.stringContaining('all is not a number of answers.') as string,
    });
  });

  it('says whether more rows would help, as a note, when it is asked', { timeout: 120_000 }, () => {
    const pay = ['card', 'charge', 'invoice', 'refund', 'bill', 'fee', 'receipt', 'price'];
    const parcel = ['parcel', 'courier', 'door', 'tracking', 'address', 'box', 'depot', 'mail'];
    const lines = Array.from({ length: 120 }, (_, n) => {
      const words = n % 2 === 0 ? pay : parcel;
      const question = `About the ${words[n % 8] ?? ''} and the ${words[(n * 5 + 3) % 8] ?? ''}, number ${String(n)}?`;
      return row(question, n % 2 === 0 ? 'payment' : 'delivery');
    });
    const file = write('more.jsonl', lines);
    type Told = Printed & { moreData?: { verdict: string; curve: { tested: number; points: unknown[] } | null } };
    const note = (...options: readonly string[]): Told | undefined =>
      (json(file, '--more-data', ...options) as readonly Told[]).find(({ code }) => code === 'more-data');
    expect(note()).toMatchObject({ line: 1, severity: 'information', moreData: { curve: { tested: 120 } } });
    expect(note()?.moreData?.curve?.points).toHaveLength(5);
    const tests = write('more.validation.jsonl', lines.slice(0, 40));
    expect(note('--validation', tests)?.moreData?.curve?.tested).toBe(40);
    expect(run(file, '--more-data').code).toBe(run(file).code);
    expect(run(file, '--more-data').out).toMatch(/^more\.jsonl:1:1: information: .* linear baseline.* \[more-data\]$/m);
    expect(json(file).map(({ code }) => code)).not.toContain('more-data');
    const few = run(write('ten.jsonl', rows(12)), '--more-data');
    expect(few.code).toBe(0);
    expect(few.out).toContain('There are too few rows to say whether more data would help.');
    expect(run(file, '--validation', tests)).toMatchObject({
      code: 2,
      err: expect.stringContaining('--validation needs --more-data.') as string,
    });
    expect(run(file, '--more-data', '--validation', 'none.jsonl').code).toBe(2);
  });
});
