import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import type { MethodName } from '../../../../../src/core/training/job.ts';
import { INSTALL_TAG, notebookText } from '../../../../../src/core/training/notebook/notebook.ts';
import { GRADER_PACKAGES, NOTEBOOK_PACKAGES } from '../../../../../src/core/training/notebook/packages.ts';
import { pythonLiteral } from '../../../../../src/core/training/notebook/pythonLiteral.ts';
import { datasetSettings, jobSettings } from '../../../../../src/core/training/notebook/settings.ts';
import { aJob } from '../../../../support/jobBuilders.ts';
import { OWN_STRINGS } from '../../../../support/naughtyStrings.ts';
import { codeOf, notebookCells, notebookSettings, type NotebookCell } from '../../../../support/notebooks.ts';

const root = path.resolve(import.meta.dirname, '../../../../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const METHODS: readonly MethodName[] = ['supervised', 'dpo', 'reinforcement'];
const NUMBER = { type: 'number', input: '{{sample.output_text}}', reference: '{{item.answer}}' };

/** The schema of Jupyter's own package, without the name of its draft, which the validator does not know. */
const schema = JSON.parse(read('test/support/nbformat.v4.5.schema.json')) as Record<string, unknown>;
delete schema['$schema'];
const isNotebook = new Ajv({ strict: false, allErrors: true }).compile(schema);

/** Value of a literal of Python that is one of JSON but for its longest escapes. */
function valueOf(literal: string): unknown {
  return JSON.parse(
    literal.replace(/\\U([0-9a-f]{8})/gu, (_, code: string) => String.fromCodePoint(parseInt(code, 16))),
  );
}

const settingsCell = (cells: readonly NotebookCell[]): string => codeOf(cells, 'settings');

describe('an exported notebook', () => {
  it.each(METHODS)('is valid nbformat 4.5 (%s)', (method) => {
    const notebook: unknown = JSON.parse(notebookText(notebookSettings({ method })));
    expect(isNotebook(notebook), JSON.stringify(isNotebook.errors)).toBe(true);
    const ids = notebookCells(notebookText(notebookSettings({ method }))).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('installs the versions of the trainer, the graders only where they are needed', () => {
    const lock = read('trainer/requirements.lock').split('\n');
    for (const [name, version] of Object.entries({ ...NOTEBOOK_PACKAGES, ...GRADER_PACKAGES }))
      expect(lock).toContain(`${name}==${version}`);
    const installation = (method: MethodName): NotebookCell | undefined =>
      notebookCells(notebookText(notebookSettings({ method, grader: NUMBER }))).find(
        ({ metadata }) => metadata.tags?.includes(INSTALL_TAG) === true,
      );
    expect(installation('supervised')?.source.join('')).toMatch(/^%pip install --quiet (?:\w+==[\d.]+ ?)+$/);
    expect(installation('supervised')?.source.join('')).not.toContain('RapidFuzz');
    expect(installation('reinforcement')?.source.join('')).toContain('RapidFuzz==');
  });

  it.each(METHODS)('has every value of a job in one cell, as a literal, whatever it says (%s)', (method) => {
    const usual = notebookCells(notebookText(notebookSettings({ method, grader: NUMBER })));
    for (const text of OWN_STRINGS) {
      const cells = notebookCells(
        notebookText(
          notebookSettings({
            method,
            baseModel: text,
            trainingFile: text,
            validationFile: text,
            output: text,
            advanced: { target_modules: [text] },
            grader: { ...NUMBER, [text]: text },
          }),
        ),
      );
      expect(cells.filter(({ id }) => id !== 'settings')).toEqual(usual.filter(({ id }) => id !== 'settings'));
      const cell = settingsCell(cells);
      for (const name of ['BASE_MODEL', 'TRAINING_FILE', 'VALIDATION_FILE', 'OUTPUT']) {
        const [, literal = ''] = new RegExp(`^${name} = ("(?:[^"\\\\\\n]|\\\\.)*")(?:  #|$)`, 'mu').exec(cell) ?? [];
        expect(valueOf(literal)).toBe(text);
      }
      // Nothing but letters and digits is outside of ASCII: no character that moves or hides others.
      expect(cell).toMatch(/^[\n\x20-\x7e\p{L}\p{N}]*$/u);
    }
  });

  it('is written as Python writes its values', () => {
    expect(pythonLiteral({ a: [true, false, null, 1.5, 2e-7], 'b"': '\u2028😀é' })).toBe(
      '{"a": [True, False, None, 1.5, 2e-7], "b\\"": "\\u2028\\U0001f600é"}',
    );
    expect(pythonLiteral([Number.NaN, Infinity, undefined])).toBe('[None, None, None]');
    expect(pythonLiteral(['x'.repeat(120), 1])).toBe(`[\n    "${'x'.repeat(120)}",\n    1,\n]`);
  });

  it('has the settings of a job of this machine, and what auto means for the method', () => {
    const job = aJob({
      hyperparameters: { n_epochs: 5, batch_size: 4, learning_rate_multiplier: 2 },
      advanced: { lora_rank: 8, gradient_accumulation: 4, max_length: 300 },
      seed: 11,
    });
    const own = jobSettings(job, 'own');
    expect(own.ok && own.value).toMatchObject({ seed: 11, foreignMultiplier: null });
    const cell = settingsCell(notebookCells(notebookText(notebookSettings(own.ok ? own.value : {}))));
    for (const line of [
      'N_EPOCHS = 5',
      'BATCH_SIZE = 4 ',
      'LEARNING_RATE_MULTIPLIER = 2 ',
      'LORA_RANK = 8',
      'SEED = 11',
    ])
      expect(cell).toContain(line);
    expect(cell).toContain('MAX_LENGTH = 300');
    expect(cell).not.toContain('BETA');
    const pairs = datasetSettings('dpo');
    const auto = settingsCell(notebookCells(notebookText(notebookSettings(pairs.ok ? pairs.value : {}))));
    for (const line of ['N_EPOCHS = "auto"', 'LEARNING_RATE_MULTIPLIER = 0.1 ', 'BETA = 0.1', 'GRADER = None'])
      expect(auto).toContain(line);
  });

  it('says that the multiplier of another provider is another one, and takes no epochs of the baseline', () => {
    const job = aJob({ hyperparameters: { n_epochs: 4, batch_size: 2, learning_rate_multiplier: 1.8 } });
    const foreign = jobSettings(job, 'other');
    expect(foreign.ok && foreign.value).toMatchObject({ foreignMultiplier: 1.8, advanced: {} });
    const text = notebookText(notebookSettings(foreign.ok ? foreign.value : {}));
    expect(text).toContain('a learning rate multiplier of 1.8');
    expect(settingsCell(notebookCells(text))).toContain('LEARNING_RATE_MULTIPLIER = 1 ');
    expect(settingsCell(notebookCells(text))).toContain('N_EPOCHS = 4');
    const linear = jobSettings(job, 'baseline');
    expect(linear.ok && linear.value.hyperparameters.n_epochs).toBe('auto');
  });

  it('is refused with its reason for graders that are not computed here, and without any', () => {
    const graded = (grader: unknown): string => {
      const result = jobSettings(aJob({ method: 'reinforcement', grader }), 'own');
      return result.ok ? 'taken' : `${result.error.message} ${result.error.action}`;
    };
    expect(graded(NUMBER)).toBe('taken');
    expect(graded({ type: 'python', source: 'x' })).toMatch(/^A python grader runs code from the grader file.*\. Use/);
    expect(graded({ type: 'multi', graders: { a: { type: 'score_model' } } })).toMatch(/asks another model/);
    expect(graded(null)).toMatch(/^Reinforcement needs a grader.* Start a job with a grader/);
    expect(datasetSettings('reinforcement').ok).toBe(false);
    expect(jobSettings(aJob({ method: 'of next year' }), 'other').ok).toBe(false);
  });
});
