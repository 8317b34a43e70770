// Model cards as the hub and their readers see them: what was done with what, what was measured, and nothing more.
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { judgeRun } from '../../../../../src/core/evaluation/comparison/runJudgment.ts';
import type { RowResult, RunConfig, TestItem } from '../../../../../src/core/evaluation/types.ts';
import type { CardEvaluation, CardInput, CardTraining } from '../../../../../src/core/training/card/cardInput.ts';
import { modelCard } from '../../../../../src/core/training/card/modelCard.ts';
import { MetricColumns } from '../../../../../src/core/training/curves/columns.ts';
import { aJob, aMetric } from '../../../../support/jobBuilders.ts';
import { OWN_STRINGS } from '../../../../support/naughtyStrings.ts';

const [TRAIN, VALID, TEST] = ['a', 'b', 'c'].map((letter) => letter.repeat(64)) as [string, string, string];

const training: CardTraining = {
  job: aJob({
    method: 'supervised',
    seed: 7,
    trainedTokens: 123_456,
    hyperparameters: { n_epochs: 3, batch_size: 8, learning_rate_multiplier: 0.5 },
    advanced: { lora_rank: 8, lora_alpha: 32, target_modules: 'all-linear', packing: true },
  }),
  curve: MetricColumns.of([
    aMetric({ step: 10, validLoss: 2, fullValidLoss: 1.75 }),
    aMetric({ step: 15, validLoss: 1.9 }),
    aMetric({ step: 20, validLoss: 1, fullValidLoss: 1.5 }),
  ]),
  trainingFile: { name: 'prices.train.jsonl', sha256: TRAIN, rows: 200 },
  validationFile: { name: 'prices.valid.jsonl', sha256: VALID, rows: null },
  split: null,
};

const input: CardInput = {
  name: 'pricer-adapter',
  form: 'adapter',
  step: null,
  base: { name: 'lab/tiny', isAtHub: true, revision: 'd'.repeat(40), licence: 'apache-2.0' },
  training,
  evaluations: [],
  at: Date.UTC(2026, 10, 27, 12),
};

const items: readonly TestItem[] = Array.from({ length: 40 }, (_, index) => ({
  index,
  line: index + 1,
  title: `Secret thing ${String(index)}`,
  messages: [{ role: 'user', content: `What does secret thing ${String(index)} cost?` }],
  truth: `Price is $${String(100 + index)}`,
}));

const config: RunConfig = {
  v: 1,
  id: 'run-1',
  createdAt: Date.UTC(2026, 10, 26, 12),
  name: 'prices.test.jsonl',
  testFile: { path: '/home/somebody/data/prices.test.jsonl', sha256: TEST, items: items.length },
  contestants: [
    { id: 'c1', kind: 'fine-tuned', label: 'pricer', connectionId: 'local', model: 'ft:lab/tiny:local:pricer:1' },
    { id: 'c2', kind: 'constant', label: 'constant median', constant: '119.5' },
  ],
  grader: 'number',
  sampling: { temperature: 0, maxTokens: 7, seed: 42 },
  answerPrefix: null,
  concurrency: 4,
  baseline: 'c2',
};

function row(contestant: string, item: number, guess: number | null): RowResult {
  const truth = 100 + item;
  return {
    contestant,
    item,
    status: guess === null ? 'no-number' : 'graded',
    sample: `It costs secret ${String(guess)}`,
    guess,
    truth,
    error: guess === null ? null : Math.abs(guess - truth),
    colour: guess === null ? 'red' : 'green',
  };
}

const rows = items.flatMap(({ index }) => [
  row('c1', index, index === 3 ? null : 100 + index + (index % 3)),
  row('c2', index, 119.5),
]);
const evaluation: CardEvaluation = { config, judgment: judgeRun(config, items, rows), contestant: 'c1' };

/** Head of a card as the hub reads it, and the rest. */
function parts(card: string): { readonly head: Readonly<Record<string, unknown>>; readonly body: string } {
  const [, head = '', body = ''] = /^---\n(.*?)\n---\n(.*)$/su.exec(card) ?? [];
  return { head: parse(head) as Readonly<Record<string, unknown>>, body };
}

describe('a model card', () => {
  it('has a head that the hub reads', () => {
    expect(parts(modelCard(input)).head).toEqual({
      base_model: 'lab/tiny',
      library_name: 'peft',
      pipeline_tag: 'text-generation',
      license: 'apache-2.0',
      tags: ['tuning-fork', 'lora', 'sft'],
      dataset_sha256: [TRAIN, VALID],
    });
    const ollama = parts(
      modelCard({ ...input, form: 'ollama', training: { ...training, job: aJob({ method: 'dpo' }) } }),
    );
    expect(ollama.head).toMatchObject({ library_name: 'transformers', tags: ['tuning-fork', 'lora', 'dpo', 'ollama'] });
    const own = { name: 'my-model', isAtHub: false, revision: null, licence: null };
    const local = parts(modelCard({ ...input, form: 'merged', base: own }));
    expect(Object.keys(local.head)).toEqual(['library_name', 'pipeline_tag', 'tags', 'dataset_sha256']);
    expect(local.body).toContain('`my-model`');
    const licensed = parts(modelCard({ ...input, base: { ...own, licence: 'My "own": license' } }));
    expect(licensed.head).toMatchObject({ license: 'other', license_name: 'My "own": license' });
  });

  it('says what was trained on what, how', () => {
    const { body } = parts(modelCard(input));
    for (const line of [
      '# pricer-adapter',
      'LoRA adapter of a fine-tuned model; it needs its base model `lab/tiny`.',
      `| Revision | \`${'d'.repeat(40)}\` |`,
      '| License of the base model | apache-2.0 |',
      '| Method | supervised fine-tuning with LoRA |',
      '| Training file | prices.train.jsonl |',
      `| SHA-256 of the training file | \`${TRAIN}\` |`,
      '| Training examples | 200 |',
      '| Validation file | prices.valid.jsonl |',
      '| Seed | 7 |',
      '| Trained tokens | 123,456 |',
      '| Hyperparameters | 3 epochs · batch size 8 · learning rate multiplier 0.5 |',
      '| LoRA rank | 8 |',
      '| Target modules | all linear layers |',
      '| Packing | on |',
    ])
      expect(body.split('\n')).toContain(line);
    // Losses of all examples are told where there are such, not those of the sample.
    expect(body).toMatch(
      /Loss of all validation examples[^|]+\| Step \| Loss \|\n\| --- \| ---: \|\n\| 10 \| 1.75 \|\n\| 20 \| 1.50 \|\n\n/u,
    );
    expect(body).toContain('No evaluation of this model was made.');
  });

  it('of a checkpoint has the losses up to its step', () => {
    const { body } = parts(modelCard({ ...input, step: 10 }));
    expect(body).toContain('It is the checkpoint of step 10.');
    expect(body).toContain('| 10 | 1.75 |');
    expect(body).not.toContain('| 20 |');
  });

  it('says what is not known, and that nothing was measured', () => {
    const bare = { ...training, curve: MetricColumns.of([]), validationFile: null };
    const file = { name: null, sha256: null, rows: null };
    const job = aJob({ seed: null, trainedTokens: null });
    const { body } = parts(modelCard({ ...input, training: { ...bare, job, trainingFile: file } }));
    expect(body).toContain(
      '| Training file | not known |\n| SHA-256 of the training file | not known |\n| Validation file | none |',
    );
    expect(body).toContain('| Seed | not known |\n| Trained tokens | not known |');
    expect(body).toContain('No validation loss was measured.');
    expect(parts(modelCard({ ...input, training: null })).body).toContain(
      'are not known on the machine that wrote this',
    );
    const split = { name: 'prices.jsonl', sha256: TEST, rows: null, seed: 5 };
    expect(modelCard({ ...input, training: { ...training, split } })).toContain(
      `| Both were split from | prices.jsonl, SHA-256 \`${TEST}\`, by the seed 5 |`,
    );
  });

  it('tells evaluations with their intervals and their sentence, and no row of them', () => {
    const card = modelCard({ ...input, evaluations: [evaluation] });
    expect(card).toContain(`prices.test.jsonl, 40 items, SHA-256 \`${TEST}\`.`);
    expect(card).toContain(' pricer is better than constant median: mean error −');
    expect(card).toMatch(/\| pricer \(this model\) \| 1\.00 \(0\.\d+ – 1\.\d+\) \|/u);
    expect(card).toMatch(/\| constant median \| 10\.00 \(\d/u);
    expect(card).not.toContain('No evaluation');
    expect(card).not.toMatch(/secret|\/home|somebody/iu);
  });

  it('keeps texts of others what they are: one line, no markup, no keys of the head', () => {
    for (const text of OWN_STRINGS) {
      const card = modelCard({
        ...input,
        name: text,
        base: { name: text, isAtHub: true, revision: null, licence: text },
        training: { ...training, trainingFile: { name: text, sha256: TRAIN, rows: 1 } },
        evaluations: [
          {
            ...evaluation,
            config: {
              ...config,
              testFile: { ...config.testFile, path: text },
              contestants: config.contestants.map((one) => ({ ...one, label: text })),
            },
          },
        ],
      });
      const { head, body } = parts(card);
      const licenses = 'license' in head && head['license'] === 'other' ? ['license', 'license_name'] : ['license'];
      expect(Object.keys(head)).toEqual([
        ...['base_model', 'library_name', 'pipeline_tag', ...licenses, 'tags', 'dataset_sha256'],
      ]);
      const plain = parts(modelCard({ ...input, evaluations: [evaluation] })).body;
      // As many lines, headings and cells as with names of no interest.
      const shape = (markdown: string): readonly string[] =>
        markdown.split('\n').map((line) => /^(#+|\||```|- )?/u.exec(line)?.[0] ?? '');
      expect([text, shape(body.replace(/\| Revision[^\n]*\n/u, ''))]).toEqual([
        text,
        shape(plain.replace(/\| Revision[^\n]*\n/u, '')),
      ]);
    }
  });

  it('says how each form is used', () => {
    expect(modelCard(input)).toContain('AutoModelForCausalLM.from_pretrained("lab/tiny", revision="dddd');
    const own = { name: 'my-model', isAtHub: false, revision: null, licence: null };
    expect(modelCard({ ...input, base: own })).toContain('from_pretrained("PATH_OF_THE_BASE_MODEL")');
    expect(modelCard({ ...input, form: 'merged' })).not.toContain('PeftModel');
    expect(modelCard({ ...input, name: 'Pricer 2', form: 'ollama' })).toContain('ollama create pricer-2 -f Modelfile');
  });
});
