// Notebook that trains a job with TRL and PEFT, as the open-weights trainer does. Its texts are the same for all jobs; what comes from a job
// is in one cell of settings, as literals. Pure.
import { ADVANCED } from '../advanced.ts';
import type { AdvancedSettings, MethodName } from '../job.ts';
import { ENCODE, FILES, MESSAGES, MODEL } from './cells/data.ts';
import { LORA, ORDER, PLAN, REINFORCEMENT_PLAN } from './cells/plan.ts';
import * as preference from './cells/preference.ts';
import * as reinforcement from './cells/reinforcement.ts';
import { CURVE, saveCell } from './cells/result.ts';
import * as supervised from './cells/supervised.ts';
import { notebookDocument, type Cell } from './document.ts';
import { FOUR_BIT, GRADER_PACKAGES, NOTEBOOK_PACKAGES } from './packages.ts';
import { pythonLiteral } from './pythonLiteral.ts';
import type { NotebookSettings } from './settings.ts';

const METHODS = { supervised, dpo: preference, reinforcement } as const;
/** Multipliers and betas that `auto` means (trainer/src/tuning_fork_trainer/plan.py). */
const AUTO_MULTIPLIER: Readonly<Record<MethodName, number>> = { supervised: 1, dpo: 0.1, reinforcement: 0.1 };
const AUTO_BETA: Readonly<Record<MethodName, number | null>> = { supervised: null, dpo: 0.1, reinforcement: 0 };

/** Tag of the cell that installs packages, which a machine that has them leaves out. */
export const INSTALL_TAG = 'install';

/** Text of the notebook's file. */
export function notebookText(settings: NotebookSettings): string {
  return notebookDocument(cellsOf(settings));
}

function cellsOf(settings: NotebookSettings): readonly Cell[] {
  const { method } = settings;
  const cells = METHODS[method];
  const graded = method === 'reinforcement';
  const text = (id: string, markdown: string): Cell => ({ id, kind: 'markdown', text: markdown });
  const code = (id: string, python: string, ...tags: readonly string[]): Cell => ({
    id,
    kind: 'code',
    text: python,
    ...(tags.length === 0 ? {} : { tags }),
  });
  return [
    text('about', about(settings)),
    text('about-install', INSTALL),
    code('install', installation(settings), INSTALL_TAG),
    text('about-settings', aboutSettings(settings)),
    code('settings', settingsCell(settings)),
    text('about-files', DATA),
    code('files', FILES),
    text('about-model', ABOUT_MODEL),
    code('model', MODEL),
    text('about-examples', ABOUT_EXAMPLES[method]),
    code('messages', MESSAGES),
    ...(graded ? [] : [code('encode', ENCODE)]),
    code('examples', cells.EXAMPLES),
    text('about-plan', graded ? ABOUT_REINFORCEMENT_PLAN : ABOUT_PLAN),
    code('plan', graded ? REINFORCEMENT_PLAN : PLAN),
    ...(graded ? [text('about-grader', ABOUT_GRADER), code('grader', reinforcement.GRADERS)] : [code('order', ORDER)]),
    text('about-training', ABOUT_TRAINING),
    code('adapter', LORA),
    code('training', cells.TRAINER),
    text('about-curve', graded ? ABOUT_REWARD : ABOUT_LOSS),
    code('curve', CURVE),
    text('about-result', RESULT),
    code('result', saveCell(method)),
  ];
}

function installation({ method, advanced }: NotebookSettings): string {
  const pinned = Object.entries({ ...NOTEBOOK_PACKAGES, ...(method === 'reinforcement' ? GRADER_PACKAGES : {}) });
  const packages = pinned.map(([name, version]) => `${name}==${version}`);
  const fourBit = advanced.load_in_4bit === true ? [`"${FOUR_BIT}"`] : [];
  return `%pip install --quiet ${[...packages, ...fourBit].join(' ')}`;
}

function settingsCell(settings: NotebookSettings): string {
  const { method, hyperparameters, advanced } = settings;
  const { learning_rate_multiplier: multiplier, beta = 'auto' } = hyperparameters;
  const setting = <K extends keyof AdvancedSettings>(name: K): unknown =>
    advanced[name] ?? ADVANCED.find((rule) => rule.name === name)?.default;
  const line = (name: string, value: unknown, comment = ''): string =>
    `${name} = ${pythonLiteral(value)}${comment === '' ? '' : `  # ${comment}`}`;
  return [
    '# Change a value, and run this cell and those below again. "auto" is decided below, from the number of examples.',
    line('METHOD', method),
    line('BASE_MODEL', settings.baseModel, 'Id at the Hugging Face hub, or a folder beside this notebook.'),
    line('REVISION', settings.revision, 'Commit at the hub; None: the newest.'),
    line('TRAINING_FILE', settings.trainingFile),
    line('VALIDATION_FILE', settings.validationFile),
    line('OUTPUT', settings.output, 'Folder that receives the adapter.'),
    line('SEED', settings.seed),
    '',
    line('N_EPOCHS', hyperparameters.n_epochs),
    line('BATCH_SIZE', hyperparameters.batch_size, 'Examples of one optimizer step.'),
    line(
      'LEARNING_RATE_MULTIPLIER',
      multiplier === 'auto' ? AUTO_MULTIPLIER[method] : multiplier,
      'Times 0.0002; the rate falls evenly to 0.',
    ),
    ...(method === 'supervised' ? [] : [line('BETA', beta === 'auto' ? AUTO_BETA[method] : beta)]),
    '',
    line('LORA_RANK', setting('lora_rank')),
    line('LORA_ALPHA', setting('lora_alpha')),
    line('TARGET_MODULES', setting('target_modules')),
    line('LOAD_IN_4BIT', setting('load_in_4bit')),
    line('MAX_LENGTH', setting('max_length'), 'Tokens of one example.'),
    line('PACKING', setting('packing'), 'Lay examples end to end instead of padding them.'),
    line('GROUP_BY_LENGTH', setting('group_by_length')),
    line('VALIDATION_EVERY', setting('validation_every'), 'Steps between two looks at the validation sample.'),
    line('VALIDATION_SAMPLE', setting('validation_sample'), 'Examples.'),
    '',
    '# These two depend on the memory of the GPU and change no result.',
    line('EXAMPLES_AT_ONCE', 'auto', 'Part of a batch that is computed at once.'),
    line('GRADIENT_CHECKPOINTING', false, 'True: less memory, a third slower.'),
    line('GRADER', settings.grader),
  ].join('\n');
}

const NAMES: Readonly<Record<MethodName, string>> = {
  supervised: 'supervised examples',
  dpo: 'preference pairs (DPO)',
  reinforcement: 'rewards of a grader (GRPO)',
};

function about({ method, stopsEarly }: NotebookSettings): string {
  return [
    '# Fine-tune a language model with LoRA',
    '',
    `This notebook was exported by Tuning Fork. It trains an adapter by ${NAMES[method]} with [TRL](https://huggingface.co/docs/trl) and`,
    '[PEFT](https://huggingface.co/docs/peft), with the settings of the job that it was exported from, on Google Colab or on any machine',
    'with a GPU. (A CPU does, too, for small models and patience.)',
    '',
    '1. Install the packages',
    '2. Look at the settings',
    '3. Read the files, the model and the examples',
    '4. Train',
    '5. Save the adapter and take it home',
    '',
    'Run the cells from top to bottom. On Colab, choose a GPU first: *Runtime → Change runtime type*.',
    ...(stopsEarly
      ? ['', 'The job stops early when its validation gets worse. This notebook trains to the last epoch.']
      : []),
  ].join('\n');
}

const INSTALL = `
## 1. Packages

These are the versions that Tuning Fork's own trainer uses. PyTorch is not among them: its build follows the GPU, and Colab has one.
Restart the session when Colab asks for it, and go on with the next cell.
`;

function aboutSettings({ foreignMultiplier }: NotebookSettings): string {
  return [
    '## 2. Settings',
    '',
    'The names are those of the API; they mean what they mean in Tuning Fork: a batch counts examples of one optimizer step, an epoch has',
    '*examples / batch size* steps, rounded up, and the learning rate is 0.0002 times its multiplier and falls evenly to 0.',
    '',
    'The base model is downloaded from the Hugging Face hub. If it asks for a license to be accepted, accept it on its page and run',
    '`huggingface_hub.login()` in a cell of its own. Never write a token into this notebook.',
    ...(foreignMultiplier === null
      ? []
      : [
          '',
          `The job was trained by another provider with a learning rate multiplier of ${String(foreignMultiplier)}. It multiplies a rate that`,
          'this provider does not publish, so the multiplier here is the usual one.',
        ]),
  ].join('\n');
}

const DATA = `
## 3. Files, model and examples

The rows lie in files beside this notebook. On Colab, the cell asks you to upload them.
`;

const ABOUT_MODEL = `
The tokenizer comes with the chat template of the model: the text that it makes of messages.
`;

const ABOUT_EXAMPLES: Readonly<Record<MethodName, string>> = {
  supervised: `
Each conversation becomes tokens. Only those of the answers count for the loss, with the end token of each; prompts, and answers with
\`"weight": 0\`, are read and not learned.
`,
  dpo: `
Each pair becomes the tokens of a prompt and of two answers, the preferred one and the other one.
`,
  reinforcement: `
Each row becomes the text of a prompt. The model will answer it several times, and the grader compares the answers.
`,
};

const ABOUT_PLAN = `
## 4. Training

First what \`auto\` means here, and the order of the examples. It depends on the seed and the epoch only, and lays examples of similar
length into a batch, so that little is padded.
`;

const ABOUT_REINFORCEMENT_PLAN = `
## 4. Training

First what \`auto\` means here. The rest of an epoch that fills no batch is left out.
`;

const ABOUT_GRADER = `
The grader gives an answer a reward. It is computed here: it asks no other model and runs no code that comes with data.
`;

const ABOUT_TRAINING = `
The base model stays as it is; LoRA trains small matrices beside its layers. The seed is set before they are made, so that the same
settings on the same machine give the same adapter.
`;

const ABOUT_LOSS = `
The loss of each step, and that of the validation examples: of a fixed sample between the epochs, and of all at the end of each.
Single steps are noisy. Tuning Fork says what can be claimed of such a curve when you open \`trainer_state.json\` there.
`;

const ABOUT_REWARD = `
The mean reward of each step, and that of the most probable answers to the validation prompts.
`;

const RESULT = `
## 5. The adapter

The folder has the adapter, the tokenizer with its chat template, \`trainer_state.json\` with the curves, and the settings that were used.
On Colab it is downloaded as a zip file. In VS Code, *Tuning Fork: Import Adapter…* takes the folder or the zip file: the adapter becomes a
model of the local server, and its curves a job.
`;
