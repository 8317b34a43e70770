import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { codeSnippet, keyVariableFor, type SnippetLanguage } from '../../../../src/core/training/words/codeSnippets.ts';
import {
  HYPERPARAMETERS,
  hyperparametersOf,
  validateHyperparameter,
  validateSeed,
  validateSuffix,
} from '../../../../src/core/training/hyperparameters.ts';
import { parseModelName, shortModelName } from '../../../../src/core/training/modelName.ts';
import { parseResultCsv } from '../../../../src/core/training/curves/resultCsv.ts';
import { seriesByName } from '../../../../src/core/training/curves/series.ts';
import { savedResult } from '../../../../src/core/training/resultFile.ts';

describe('a model name taken apart', () => {
  it.each([
    [
      'ft:gpt-4o-mini-2024-07-18:personal:pricer:AbCd1234',
      'ft',
      'gpt-4o-mini-2024-07-18',
      'personal',
      'pricer',
      'AbCd1234',
      null,
    ],
    [
      'ft:gpt-4o-mini-2024-07-18:personal::AbCd1234',
      'ft',
      'gpt-4o-mini-2024-07-18',
      'personal',
      null,
      'AbCd1234',
      null,
    ],
    [
      'ft:gpt-4o-mini-2024-07-18:personal:pricer:AbCd1234:ckpt-step-90',
      'ft',
      'gpt-4o-mini-2024-07-18',
      'personal',
      'pricer',
      'AbCd1234',
      90,
    ],
    ['ft:m:o:a:b:id', 'ft', 'm', 'o', 'a:b', 'id', null],
    ['ft:m', 'ft', 'm', null, null, null, null],
    ['ft:', 'plain', 'ft:', null, null, null, null],
    ['ft::x', 'plain', 'ft::x', null, null, null, null],
    [
      'gpt-4.1-2025-04-14.ft-0123456789abcdef0123456789abcdef',
      'azure',
      'gpt-4.1-2025-04-14',
      null,
      null,
      '0123456789abcdef0123456789abcdef',
      null,
    ],
    [
      'gpt-4.1-2025-04-14.ft-0123456789abcdef-pricer',
      'azure',
      'gpt-4.1-2025-04-14',
      null,
      'pricer',
      '0123456789abcdef',
      null,
    ],
    ['gpt-4o-mini', 'plain', 'gpt-4o-mini', null, null, null, null],
    ['', 'plain', '', null, null, null, null],
  ])('%s', (full, form, base, organization, suffix, id, checkpointStep) => {
    expect(parseModelName(full)).toEqual({ full, form, base, organization, suffix, id, checkpointStep });
  });

  it('has a short form for lists', () => {
    expect(shortModelName('ft:gpt-4o-mini-2024-07-18:personal:pricer:AbCd1234')).toBe('pricer');
    expect(shortModelName('ft:gpt-4o-mini-2024-07-18:personal:pricer:AbCd1234:ckpt-step-90')).toBe('pricer at step 90');
    expect(shortModelName('ft:m:o::id')).toBe('m');
    expect(shortModelName('gpt-4o')).toBe('gpt-4o');
  });
});

describe('typed hyperparameters', () => {
  it.each([
    ['n_epochs', '3', 3],
    ['n_epochs', ' 50 ', 50],
    ['n_epochs', '', 'auto'],
    ['n_epochs', 'Auto', 'auto'],
    ['n_epochs', '0', null],
    ['n_epochs', '51', null],
    ['n_epochs', '1.5', null],
    ['n_epochs', '0x10', null],
    ['n_epochs', 'three', null],
    ['batch_size', '256', 256],
    ['batch_size', '257', null],
    ['batch_size', '-1', null],
    ['learning_rate_multiplier', '0.1', 0.1],
    ['learning_rate_multiplier', '.5', 0.5],
    ['learning_rate_multiplier', '1e-3', 0.001],
    ['learning_rate_multiplier', '0', null],
    ['learning_rate_multiplier', '-2', null],
    ['learning_rate_multiplier', '0,1', null],
    ['learning_rate_multiplier', 'Infinity', null],
    ['learning_rate_multiplier', '1e999', null],
    ['beta', '2', 2],
    ['beta', '0.1', 0.1],
    ['beta', '0', null],
    ['beta', '2.01', null],
    ['compute_multiplier', '10', 10],
    ['compute_multiplier', '10.5', null],
    ['compute_multiplier', '0', null],
    ['eval_interval', '1', 1],
    ['eval_interval', '100000', 100000],
    ['eval_interval', '0', null],
    ['eval_interval', '1.5', null],
    ['eval_samples', '7', 7],
    ['eval_samples', 'auto', 'auto'],
    ['eval_samples', '-7', null],
  ] as const)('%s %j', (name, typed, expected) => {
    const result = validateHyperparameter(name, typed);
    expect(result.ok ? result.value : null).toBe(expected);
  });

  it.each([
    ['supervised', ['n_epochs', 'batch_size', 'learning_rate_multiplier']],
    ['dpo', ['n_epochs', 'batch_size', 'learning_rate_multiplier', 'beta']],
    [
      'reinforcement',
      ['n_epochs', 'batch_size', 'learning_rate_multiplier', 'compute_multiplier', 'eval_interval', 'eval_samples'],
    ],
  ] as const)('of %s are %j', (method, names) => {
    expect(hyperparametersOf(method).map(({ name }) => name)).toEqual(names);
  });

  it.each(HYPERPARAMETERS.map((rule) => [rule.name, rule] as const))(
    'a %s out of bounds is refused in one sentence with an action that names the bound',
    (name, { min, max }) => {
      for (const typed of ['-3', 'x', ...(max === null ? [] : [String(max + 1)])]) {
        const result = validateHyperparameter(name, typed);
        if (result.ok) throw new Error(`${typed} was taken.`);
        expect(result.error.message).toMatch(/^[A-Z][^.]* must .*\.$/);
        expect(result.error.action).toMatch(/^Type a .*, or auto\.$/);
        if (max !== null) expect(result.error.action).toContain(String(max));
        if (min !== null) expect(result.error.action).toContain(String(min));
      }
    },
  );

  it.each([
    ['pricer', 'pricer'],
    ['', null],
    ['a'.repeat(64), 'a'.repeat(64)],
    ['a'.repeat(65), 'suffix-too-long'],
    ['a:b', 'suffix-characters'],
    ['a/b', 'suffix-characters'],
    ['é', 'suffix-characters'],
    ['a b', 'suffix-characters'],
  ])('suffix %j', (typed, expected) => {
    const result = validateSuffix(typed);
    expect(result.ok ? result.value : result.error.code).toBe(expected);
  });

  it('a suffix for Azure has 40 characters at most', () => {
    expect(validateSuffix('a'.repeat(41), { max: 40 }).ok).toBe(false);
    expect(validateSuffix('a'.repeat(40), { max: 40 }).ok).toBe(true);
  });

  it.each([
    ['42', 42],
    ['', null],
    ['2147483647', 2147483647],
    ['2147483648', 'bad-seed'],
    ['-1', 'bad-seed'],
    ['4.2', 'bad-seed'],
    ['x', 'bad-seed'],
  ])('seed %j', (typed, expected) => {
    const result = validateSeed(typed);
    expect(result.ok ? result.value : result.error.code).toBe(expected);
  });
});

describe('a result file', () => {
  const csv = 'step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n1,1.5,0.5,,\n2,1.25,0.75,1.0,0.5\n';
  const points = [
    {
      step: 1,
      totalSteps: null,
      trainLoss: 1.5,
      trainAccuracy: 0.5,
      validLoss: null,
      validAccuracy: null,
      fullValidLoss: null,
      fullValidAccuracy: null,
    },
    {
      step: 2,
      totalSteps: null,
      trainLoss: 1.25,
      trainAccuracy: 0.75,
      validLoss: 1,
      validAccuracy: 0.5,
      fullValidLoss: null,
      fullValidAccuracy: null,
    },
  ];
  const base64 = Buffer.from(csv).toString('base64');

  it.each([
    ['plain', csv],
    ['base64', base64],
    ['base64 in lines', base64.replace(/.{20}/g, '$&\r\n')],
    ['with CRLF', csv.replaceAll('\n', '\r\n')],
    ['with a byte order mark', `\uFEFF${csv}`],
    ['without a final newline', csv.trimEnd()],
    [
      'rows out of order, and one without a step',
      'step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n2,1.25,0.75,1.0,0.5\n,9,9,9,9\n1,1.5,0.5,-1,NaN\n',
    ],
    [
      'other names',
      'Step,train_loss,train_mean_token_accuracy,validation_loss,validation_mean_token_accuracy\n1,1.5,0.5,N/A,\n2,1.25,"0.75",1.0,0.5',
    ],
  ])('%s', (_name, content) => {
    expect(parseResultCsv(content)).toEqual({ ok: true, value: points });
  });

  const rewards =
    'step,train_reward_mean,valid_reward_mean,train_reasoning_tokens_mean\n1,-0.25,,812\n2,0.5,0.75,640.5\n';

  it.each([
    ['of a reinforcement job', rewards],
    ['of a reinforcement job, base64', Buffer.from(rewards).toString('base64')],
    [
      'with the step last and quoted names',
      '"train_reward_mean","valid_reward_mean","train_reasoning_tokens_mean","step"\n-0.25,,812,1\n0.5,0.75,640.5,2\n',
    ],
    [
      'with a column of texts',
      'step,note,train_reward_mean,valid_reward_mean,train_reasoning_tokens_mean\n1,"slow, but",-0.25,NaN,812\n2,,0.5,0.75,640.5\n',
    ],
    ['with semicolons', rewards.replaceAll(',', ';')],
    ['with tabs', rewards.replaceAll(',', '\t')],
  ])('%s has its series by name', (_name, content) => {
    const parsed = parseResultCsv(content);
    expect(parsed.ok && Object.fromEntries(seriesByName(parsed.value))).toEqual({
      train_reward_mean: [
        { step: 1, value: -0.25 },
        { step: 2, value: 0.5 },
      ],
      valid_reward_mean: [{ step: 2, value: 0.75 }],
      train_reasoning_tokens_mean: [
        { step: 1, value: 812 },
        { step: 2, value: 640.5 },
      ],
    });
    expect(savedResult(content)).toMatchObject({ isCsv: true });
    expect(savedResult(content).text).toContain('train_reward_mean');
  });

  it('has losses and other series of one table', () => {
    const parsed = parseResultCsv('step,train_loss,train_reward\n1,1.5,-1\n');
    expect(parsed.ok && parsed.value).toEqual([
      { ...points[0], validLoss: null, trainAccuracy: null, others: { train_reward: -1 } },
    ]);
    expect(parsed.ok && [...seriesByName(parsed.value).keys()]).toEqual(['train_loss', 'train_reward']);
  });

  it.each([
    ['nothing', ''],
    ['prose', 'step, by step\nthis is, not a table\n'],
    ['HTML', '<html>step</html>'],
    ['another table', 'a,b\n1,2'],
    ['base64 of something else', Buffer.from('hello world, this is no table').toString('base64')],
    ['base64 of a table with a character too many', `${base64}!`],
    ['base64 cut short', base64.slice(0, -3)],
    ['only a word', 'step'],
    ['base64 of bytes that are no text', Buffer.from([0xff, 0xfe, 0xfd]).toString('base64')],
  ])('is refused: %s', (_name, content) => {
    const parsed = parseResultCsv(content);
    expect(parsed.ok ? null : parsed.error.code).toBe('not-a-result-file');
    expect(savedResult(content)).toEqual({ text: content, isCsv: false });
  });

  it('takes full validation figures and never throws on any text', () => {
    expect(parseResultCsv('step,train_loss,full_valid_loss,full_valid_mean_token_accuracy\n5,1,0.5,0.9')).toMatchObject(
      { ok: true, value: [{ step: 5, fullValidLoss: 0.5, fullValidAccuracy: 0.9 }] },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.base64String(),
          fc.string().map((text) => `step,train_loss\n${text}`),
        ),
        (content) => 'ok' in parseResultCsv(content),
      ),
    );
  });
});

describe('code that asks a model by its name', () => {
  const model = `m'"$(rm -rf /)\u202e\n\\`;

  it.each(['python', 'typescript', 'curl'] as const)(
    'in %s reads no job, has no key and quotes the name',
    (language) => {
      const code = codeSnippet({
        language,
        baseUrl: 'https://r.openai.azure.com/openai/v1',
        model,
        keyHeader: 'api-key',
      });
      expect(code).not.toMatch(/fine_tuning|fine_tuned|fineTuning|\u202e/);
      expect(code).toContain('https://r.openai.azure.com/openai/v1');
      expect(code).toContain('TUNING_FORK_API_KEY');
    },
  );

  it('reaches a shell, Azure’s header and the body as it is', () => {
    const code = codeSnippet({ language: 'curl', baseUrl: 'https://h/v1', model: "a'b", keyHeader: 'api-key' });
    expect(code).toContain('-H "api-key: $TUNING_FORK_API_KEY"');
    expect(code).not.toContain('Authorization');
    expect(execFileSync('sh', ['-c', `${code.split('\n')[0] ?? ''}\nprintf %s "$MODEL"`]).toString()).toBe("a'b");
  });
});

describe('code to copy', () => {
  const nasty = `x'"\`$(touch /tmp/no)\\\n\u2028\u202e\ud800\u0000;rm -rf /`;
  const languages: readonly SnippetLanguage[] = ['python', 'typescript', 'curl'];

  it.each(languages)('%s names the variable and never a key', (language) => {
    const code = codeSnippet({ language, baseUrl: 'https://api.openai.com/v1', jobId: 'ftjob-1' });
    expect(code).toContain('OPENAI_API_KEY');
    expect(code).toContain('ftjob-1');
    expect(code).toContain('fine_tuned_model');
    expect(code).not.toMatch(/sk-/);
  });

  it('does not read the key for OpenAI when the address is another one', () => {
    for (const url of [
      'http://127.0.0.1:9/v1',
      'https://api.openai.com.evil.example/v1',
      'http://api.openai.com/v1',
      'https://evil.example/https://api.openai.com/v1',
    ]) {
      expect(keyVariableFor(url)).toBe('TUNING_FORK_API_KEY');
    }
    expect(
      codeSnippet({ language: 'curl', baseUrl: 'http://h/v1', jobId: 'j', keyVariable: 'A; rm -rf /' }),
    ).not.toContain('rm -rf');
  });

  it('is inert whatever the values hold: Python', (context) => {
    const code = codeSnippet({
      language: 'python',
      baseUrl: `http://h/${nasty}`,
      jobId: nasty,
      messages: [{ role: 'user', content: nasty }],
    });
    const check =
      'import ast,sys\nt=ast.parse(sys.stdin.buffer.read().decode())\nprint([n.value for n in ast.walk(t) if isinstance(n, ast.Constant)].count(sys.argv[1]))';
    const safe = nasty.replace('\ud800', '\ufffd').replace('\u0000', '');
    let count: string;
    try {
      // A NUL cannot be an argument, so the value is compared without it.
      count = execFileSync(
        'python3',
        ['-c', check.replace('n.value for', 'str(n.value).replace(chr(0), "") for'), safe],
        { input: code, encoding: 'utf8' },
      ).trim();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return context.skip('no python3 here');
      throw error;
    }
    expect(count).toBe('2');
  });

  it('is inert whatever the values hold: shell', () => {
    if (process.platform === 'win32') return;
    const code = codeSnippet({
      language: 'curl',
      baseUrl: `http://h/${nasty}`,
      jobId: nasty,
      messages: [{ role: 'user', content: nasty }],
    });
    // curl and jq are replaced by functions that show their arguments: what is quoted stays one word.
    const stub =
      'curl() { printf "[%s]" "$@" >&2; }; jq() { printf "[%s]" "$@" >&2; }; touch() { echo TOUCHED >&2; }; rm() { echo REMOVED >&2; }; TUNING_FORK_API_KEY=k\n';
    const shown = execFileSync('sh', ['-c', `{ ${stub}${code}\n} 2>&1`], { encoding: 'utf8' });
    expect(shown).not.toMatch(/^TOUCHED|REMOVED/m);
    expect(shown).toContain('[Authorization: Bearer k]');
  });

  it('is inert whatever the values hold: TypeScript', () => {
    const code = codeSnippet({
      language: 'typescript',
      baseUrl: 'http://h/v1',
      jobId: nasty,
      messages: [{ role: 'user', content: nasty }],
    });
    const source = ts.createSourceFile('a.ts', code, ts.ScriptTarget.ESNext, true);
    const texts: string[] = [];
    const walk = (node: ts.Node): void => {
      if (ts.isStringLiteral(node)) texts.push(node.text);
      node.forEachChild(walk);
    };
    walk(source);
    expect((source as unknown as { parseDiagnostics: unknown[] }).parseDiagnostics).toEqual([]);
    expect(texts.filter((text) => text === nasty.replace('\ud800', '\ufffd'))).toHaveLength(2);
    expect(code).not.toMatch(/[\u2028\u202e]/);
  });
});
