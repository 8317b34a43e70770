// Main job as a user does it, for the e2e tests and for scripts/tour.ts: mouse and keyboard only.
import { patience } from './again.ts';
import type { VsCodeWindow } from './window.ts';

export interface FineTuneChoices {
  /** File in the Explorer to right-click. */
  readonly file: string;
  /** Asked only where several connections can train. Default: `Local`. */
  readonly connection?: string;
  /** Item of the list of models. Default: the only one, or `local-linear-1`. */
  readonly model?: string;
  /** Name typed in place of choosing a model. */
  readonly typedModel?: string;
  /** Item of the validation question. Default: the proposed one. */
  readonly validation?: string;
  /** Item of the grader question, which reinforcement rows need. */
  readonly grader?: string;
  readonly epochs?: string;
  readonly suffix?: string;
  readonly seed?: string;
  readonly wandb?: string;
  /** Called when the summary has every choice, before Start. */
  readonly atSummary?: () => Promise<void>;
  /** Called when the warnings are on the screen, before *Continue Anyway*. Without it no warning is expected. */
  readonly atWarnings?: () => Promise<void>;
}

/** Question of the summary, which begins and ends the wizard. */
export const SUMMARY = 'Start, or choose a line to change it';
const CONNECTION = 'Where should it be trained?';
const MODEL = 'Which model should learn';
const VALIDATION = 'measured on while it learns';
const GRADER = 'Which grader scores the answers?';

/**
 * Starts a job: right-click → Fine-Tune with Dataset… → the summary → Start. Ends when the job's panel is open, which is the last that
 * the window does by itself.
 */
export async function fineTune(window: VsCodeWindow, choices: FineTuneChoices): Promise<void> {
  await beginFineTuning(window, choices.file);
  await answerFineTuning(window, choices);
  const name = choices.suffix ?? choices.file.slice(0, choices.file.indexOf('.'));
  await window.editors.tab(new RegExp(`^\\s*${name}\\s*$`)).waitFor({ timeout: patience });
}

/** Right-clicks the file → Fine-Tune with Dataset…. */
export async function beginFineTuning(window: VsCodeWindow, file: string): Promise<void> {
  const { explorer } = window.sideBar;
  await window.sideBar.show('Explorer');
  await explorer.shows(file);
  await explorer.choose(file, 'Fine-Tune with Dataset…');
}

/** Answers the wizard from its first question to Start, and the warnings. */
export async function answerFineTuning(window: VsCodeWindow, choices: Omit<FineTuneChoices, 'file'>): Promise<void> {
  const { quickInput } = window;
  await answerUntilSummary(window, choices);
  await choices.atSummary?.();
  await quickInput.pick(/^\W*Start/);
  if (choices.atWarnings === undefined) return;
  await quickInput.step('before you start');
  await choices.atWarnings();
  await quickInput.pick('Continue Anyway');
}

/** Answers what has no proposal, then changes lines of the summary. Ends with the summary on the screen. */
export async function answerUntilSummary(
  window: VsCodeWindow,
  choices: Omit<FineTuneChoices, 'file' | 'atSummary' | 'atWarnings'>,
): Promise<void> {
  const { quickInput } = window;
  const answers: Readonly<Record<string, () => Promise<void>>> = {
    [CONNECTION]: () => quickInput.pick(choices.connection ?? 'Local'),
    [MODEL]: () => chooseModel(window, choices),
    [VALIDATION]: () => quickInput.pick(choices.validation ?? 'None'),
    [GRADER]: () => quickInput.pick(choices.grader ?? ''),
  };
  let open = [CONNECTION, MODEL, VALIDATION, GRADER];
  for (;;) {
    const step = await quickInput.which(...open, SUMMARY);
    if (step === SUMMARY) break;
    await answers[step]?.();
    // Questions come in this order: those before it are over.
    open = open.slice(open.indexOf(step) + 1);
  }
  await changeSummary(window, choices);
}

async function chooseModel(
  { quickInput }: VsCodeWindow,
  { model, typedModel }: Pick<FineTuneChoices, 'model' | 'typedModel'>,
): Promise<void> {
  if (typedModel === undefined) {
    await quickInput.pick(model ?? 'local-linear-1');
    return;
  }
  await quickInput.pick('Enter a model name');
  await quickInput.step('Name of the base model');
  await quickInput.enter(typedModel);
}

/** Changes lines of the summary on the screen, one after the other. */
async function changeSummary(
  { quickInput }: VsCodeWindow,
  { validation, epochs, suffix, seed, wandb }: Omit<FineTuneChoices, 'file'>,
): Promise<void> {
  const change = async (line: string, question: string, answer: () => Promise<void>): Promise<void> => {
    await quickInput.pick(new RegExp(`^\\W*${line}`));
    await quickInput.step(question);
    await answer();
    await quickInput.step(SUMMARY);
  };
  if (validation !== undefined) await change('Validation', VALIDATION, () => quickInput.pick(validation));
  if (epochs !== undefined) {
    await change('Epochs', 'Epochs, batch size and learning rate', async () => {
      await quickInput.pick('Set them');
      await quickInput.step('Number of epochs: how often');
      await quickInput.enter(epochs);
      await quickInput.step('Batch size');
      await quickInput.accept();
      await quickInput.step('Learning rate multiplier');
      await quickInput.accept();
    });
  }
  if (suffix !== undefined) await change('Suffix', 'Suffix: part of', () => quickInput.enter(suffix));
  if (seed !== undefined) await change('Seed', 'Seed: the same seed', () => quickInput.enter(seed));
  if (wandb !== undefined) await change('Weights & Biases', 'Weights & Biases project', () => quickInput.enter(wandb));
}

export interface EvaluationChoices {
  /** Item of the test-file step; default: the proposed one. Null: the command was called on the file. */
  readonly testFile?: string | null;
  /** Whether the model was trained on rows of the file, which adds a warning. */
  readonly trainedOn?: boolean;
  readonly atSummary?: () => Promise<void>;
}

/** Accepts the proposals of Evaluate Model…, from the test file to Start. */
export async function answerEvaluation(window: VsCodeWindow, choices: EvaluationChoices): Promise<void> {
  const { quickInput } = window;
  if (choices.testFile !== null) {
    await quickInput.step('Choose the file with the questions');
    if (choices.testFile === undefined) await quickInput.accept();
    else await quickInput.pick(choices.testFile);
  }
  if (choices.trainedOn === true) {
    await quickInput.step('does not test what the model learned');
    await quickInput.pick('Continue Anyway');
  }
  await quickInput.step(SUMMARY);
  await choices.atSummary?.();
  await quickInput.pick(/^\W*Start/);
}

/** Adds a connection: command palette → Add Connection… → an OpenAI-compatible address. Ends when the key has been entered. */
export async function addCompatibleConnection(
  window: VsCodeWindow,
  { name, baseUrl, key }: { readonly name: string; readonly baseUrl: string; readonly key: string },
): Promise<void> {
  const { quickInput } = window;
  await quickInput.runCommand('Tuning Fork: Add Connection…');
  await quickInput.step('Which provider?');
  await quickInput.pick('OpenAI-compatible');
  await quickInput.step('Name of the connection');
  await quickInput.enter(name);
  await quickInput.step('Base URL');
  await quickInput.enter(baseUrl);
  await quickInput.step('API key for');
  await quickInput.enter(key);
}
