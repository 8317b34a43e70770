// Settings of the open-weights trainer in the wizard: their lines, and the question behind each.
import { describe, expect, it, vi } from 'vitest';
import { LOCAL_CONNECTION } from '../../../../src/connections/store.ts';
import type { Connection } from '../../../../src/core/provider/connection.ts';
import { askAdvanced } from '../../../../src/extension/fineTuning/wizard/advancedSteps.ts';
import { ADVANCED, type AdvancedName } from '../../../../src/core/training/advanced.ts';
import type { AdvancedSettings } from '../../../../src/core/training/job.ts';
import { askTrainerSetting, trainerLines } from '../../../../src/extension/fineTuning/wizard/trainerSettings.ts';
import { advancedFor, AUTOMATIC, type TuningPlan } from '../../../../src/extension/fineTuning/wizard/tuningPlan.ts';
import { Cancelled } from '../../../../src/extension/ui/errors.ts';
import { stepUi, type StepUi } from '../../../../src/extension/ui/multiStep.ts';
import { AS_IT_IS, CLOSED, uiDouble, type Line } from '../../../support/uiDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

const LAB: Connection = { id: 'lab', kind: 'compatible', name: 'Lab', baseUrl: 'http://127.0.0.1:1/v1' };

/** As much of a plan as the settings look at. */
function aPlan(advanced: AdvancedSettings = {}, more: Partial<TuningPlan> = {}): TuningPlan {
  const plan = {
    connection: LOCAL_CONNECTION,
    model: 'tiny',
    method: 'supervised',
    hyperparameters: AUTOMATIC,
  } as const;
  return { ...plan, advanced, ...more } as TuningPlan;
}

/** Settings of the plan after the question, which is answered by these lines. */
async function asked(name: AdvancedName, plan: TuningPlan, lines: readonly Line[], hasGpu = true): Promise<unknown> {
  const rule = ADVANCED.find((one) => one.name === name);
  if (!rule) throw new Error(`There is no setting ${name}.`);
  const ui = uiDouble(...lines);
  const after = await askTrainerSetting(rule, plan, stepUi(ui, 'Fine-Tune', { canGoBack: true }), hasGpu);
  ui.done();
  return after.advanced;
}

const linesOf = (plan: TuningPlan, hasGpu = true): readonly string[] =>
  trainerLines(plan, hasGpu).map(({ label, description }) => `${label}: ${description ?? ''}`);

describe('the lines of the settings', () => {
  it('show the defaults of a plan that changes nothing', () => {
    expect(linesOf(aPlan())).toEqual([
      'LoRA rank: 16',
      'LoRA alpha: 32',
      'Target modules: all linear layers',
      '4-bit weights: off',
      'Gradient accumulation: auto',
      'Maximum length: auto',
      'Packing: off',
      'Length-grouped batches: on',
      'Steps between validations: auto',
      'Validation sample: 32',
    ]);
  });

  it.each([
    ['local', 'SmolLM2', false],
    ['openai', 'gpt-4.1-nano-2025-04-14', true],
  ] as const)(
    'have those of Weights & Biases only where the provider takes them: %s',
    async (kind, model, isOffered) => {
      const seen: string[] = [];
      const plan = aPlan({}, { model, wandb: { entity: '', name: '', tags: [] }, wandbProject: '', metadata: {} });
      const pick = ({ choices }: { readonly choices: readonly { readonly label: string }[] }): Promise<string> => {
        seen.push(...choices.map(({ label }) => label));
        return Promise.resolve('done');
      };
      await askAdvanced({ ...plan, connection: { ...plan.connection, kind } }, { pick } as unknown as StepUi);
      expect(seen.filter((label) => label.startsWith('W&B'))).toHaveLength(isOffered ? 3 : 0);
      expect(seen).toContain('$(add) Add metadata…');
    },
  );

  it('show what was changed', () => {
    const changed = {
      lora_rank: 8,
      lora_alpha: 0.5,
      target_modules: ['q_proj', 'v_proj'],
      load_in_4bit: true,
      gradient_accumulation: 2,
      max_length: 2048,
      packing: true,
      group_by_length: false,
      validation_every: 10,
      validation_sample: 64,
    };
    expect(linesOf(aPlan(changed))).toEqual([
      'LoRA rank: 8',
      'LoRA alpha: 0.5',
      'Target modules: q_proj, v_proj',
      '4-bit weights: on',
      'Gradient accumulation: 2',
      'Maximum length: 2,048',
      'Packing: on',
      'Length-grouped batches: off',
      'Steps between validations: 10',
      'Validation sample: 64',
    ]);
    const attention = { target_modules: ['v_proj', 'k_proj', 'q_proj', 'o_proj'] };
    expect(linesOf(aPlan(attention))).toContain('Target modules: attention only');
  });

  it('say why 4-bit weights are not available without a GPU, also where they were switched on elsewhere', () => {
    expect(linesOf(aPlan(), false)).toContain(
      '4-bit weights: not available: it needs an NVIDIA GPU with CUDA, and none was found',
    );
    expect(linesOf(aPlan({ load_in_4bit: true }), false)).toContain(
      '4-bit weights: on, but not available here: no NVIDIA GPU with CUDA was found',
    );
  });

  it.each(['dpo', 'reinforcement'] as const)('leave packing out for %s, and so does the job', (method) => {
    const plan = aPlan({ packing: true, lora_rank: 8 }, { method });
    expect(linesOf(plan).filter((line) => line.startsWith('Packing'))).toEqual([]);
    expect(advancedFor(plan)).toEqual({ lora_rank: 8 });
  });

  it.each<[string, Partial<TuningPlan>]>([
    ['the baseline', { model: 'local-linear-1' }],
    ['another provider', { connection: LAB }],
    ['no model yet', { model: '' }],
  ])('are absent for %s, and nothing is sent', (_of, more) => {
    const plan = aPlan({ lora_rank: 8 }, more);
    expect(linesOf(plan)).toEqual([]);
    expect(advancedFor(plan)).toEqual({});
  });
});

describe('a setting with a number', () => {
  const whole = (title: string, bounds: string): string =>
    `${title} must be a whole number (${bounds}). Correct it, or leave it empty.`;
  const orAuto = (title: string): string =>
    `${title} must be a whole number (1 or more) or auto. Correct it, or leave it empty.`;

  it.each<[AdvancedName, string, readonly (readonly [string, string | RegExp])[], string, number | 'auto']>([
    [
      'lora_rank',
      'LoRA rank (empty: 16)',
      ['0', '1025', '2.5', 'auto', '0x10'].map((text) => [text, whole('LoRA rank', '1 … 1,024')] as const),
      '1024',
      1024,
    ],
    [
      'lora_alpha',
      'LoRA alpha (empty: 32)',
      [
        ['0', /^LoRA alpha must be a number \(/],
        ['auto', /number/],
      ],
      '0.5',
      0.5,
    ],
    ['gradient_accumulation', 'Gradient accumulation (empty: auto)', [['0', orAuto('Gradient accumulation')]], '4', 4],
    ['max_length', 'Maximum length (empty: auto)', [['many', orAuto('Maximum length')]], '512', 512],
    ['validation_every', 'Steps between validations (empty: auto)', [['-1', /whole number/]], 'Auto', 'auto'],
    ['validation_sample', 'Validation sample (empty: 32)', [['auto', /whole number \(1 or more\)\./]], '1', 1],
  ])('takes %s within its bounds', async (name, input, refused, answer, value) => {
    expect(await asked(name, aPlan(), [{ input, refused, answer }])).toEqual({ [name]: value });
  });

  it('proposes what it is, and an empty text gives the default again', async () => {
    const plan = aPlan({ lora_rank: 8, max_length: 'auto' });
    expect(await asked('lora_rank', plan, [{ input: /^LoRA rank/, answer: AS_IT_IS }])).toEqual(plan.advanced);
    expect(await asked('max_length', plan, [{ input: /^Maximum/, answer: AS_IT_IS }])).toEqual(plan.advanced);
    expect(await asked('lora_rank', plan, [{ input: /^LoRA rank/, answer: ' ' }])).toEqual({ max_length: 'auto' });
  });

  it('refuses parts that do not divide the batch', async () => {
    const plan = aPlan({}, { hyperparameters: { ...AUTOMATIC, batch_size: 8 } });
    const refused = [['3', 'A batch of 8 cannot be divided into 3 equal parts.']] as const;
    const line: Line = { input: /^Gradient accumulation/, refused, answer: '4' };
    expect(await asked('gradient_accumulation', plan, [line])).toEqual({ gradient_accumulation: 4 });
  });
});

describe('a setting that is on or off', () => {
  it.each<[AdvancedName, string, boolean]>([
    ['load_in_4bit', '4-bit weights', false],
    ['packing', 'Packing', false],
    ['group_by_length', 'Length-grouped batches', true],
  ])('%s begins with what it is, and says nothing where it is the default', async (name, pick, byDefault) => {
    const other = byDefault ? 'Off' : 'On';
    expect(await asked(name, aPlan(), [{ pick, answer: AS_IT_IS }])).toEqual({});
    expect(await asked(name, aPlan(), [{ pick, answer: other }])).toEqual({ [name]: !byDefault });
    const changed = aPlan({ [name]: !byDefault });
    expect(await asked(name, changed, [{ pick, answer: AS_IT_IS }])).toEqual({ [name]: !byDefault });
    expect(await asked(name, changed, [{ pick, answer: byDefault ? 'On' : 'Off' }])).toEqual({});
  });

  it('is not asked for 4-bit weights without a GPU, except to switch them off', async () => {
    expect(await asked('load_in_4bit', aPlan(), [], false)).toEqual({});
    const on = aPlan({ load_in_4bit: true });
    expect(await asked('load_in_4bit', on, [{ pick: '4-bit weights', answer: 'Off' }], false)).toEqual({});
  });
});

describe('the layers with an adapter', () => {
  const pick = 'Which layers get an adapter?';
  const input = 'Names of the layers, separated by commas';

  it('are all linear ones, those of attention, or those that are named', async () => {
    expect(await asked('target_modules', aPlan(), [{ pick, answer: AS_IT_IS }])).toEqual({});
    const attention = { target_modules: ['q_proj', 'k_proj', 'v_proj', 'o_proj'] };
    expect(await asked('target_modules', aPlan(), [{ pick, answer: 'Attention only' }])).toEqual(attention);
    expect(await asked('target_modules', aPlan(attention), [{ pick, answer: AS_IT_IS }])).toEqual(attention);
    expect(await asked('target_modules', aPlan(attention), [{ pick, answer: 'All linear layers' }])).toEqual({});
    const names: Line = { input, refused: [[' , ', /must be all-linear or a list/]], answer: 'q_proj, up_proj,q_proj' };
    const named = { target_modules: ['q_proj', 'up_proj'] };
    expect(await asked('target_modules', aPlan(), [{ pick, answer: 'By name…' }, names])).toEqual(named);
    const again: Line[] = [
      { pick, answer: AS_IT_IS },
      { input, answer: AS_IT_IS },
    ];
    expect(await asked('target_modules', aPlan(named), again)).toEqual(named);
    expect(await asked('target_modules', aPlan(named), [again[0] as Line, { input, answer: '' }])).toEqual({});
  });

  it('stay as they are when the question is closed', async () => {
    await expect(asked('target_modules', aPlan(), [{ pick, answer: CLOSED }])).rejects.toBeInstanceOf(Cancelled);
  });
});
