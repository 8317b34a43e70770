// Main job as a user does it, for the e2e tests and for scripts/tour.ts: mouse and keyboard only.
import { patience } from './menus.ts';
import type { VsCodeWindow } from './window.ts';

export interface FineTuneChoices {
  /** File in the Explorer to right-click. */
  readonly file: string;
  /** Default: `Local`. */
  readonly connection?: string;
  readonly model?: string;
  /** Item of the validation step; default: the proposed one. */
  readonly validation?: string;
  readonly epochs?: string;
  readonly suffix?: string;
  readonly seed?: string;
  /** Called when the summary is on the screen, before Start. */
  readonly atSummary?: () => Promise<void>;
}

/** Starts a job: right-click → Fine-Tune with Dataset… → every question → Start. Ends when the Jobs view is visible. */
export async function fineTune(window: VsCodeWindow, choices: FineTuneChoices): Promise<void> {
  const { explorer } = window.sideBar;
  await window.sideBar.show('Explorer');
  await explorer.shows(choices.file);
  await explorer.choose(choices.file, 'Fine-Tune with Dataset…');
  await answerFineTuning(window, choices);
}

/** Answers the questions of the wizard, from the connection to Start. */
export async function answerFineTuning(window: VsCodeWindow, choices: Omit<FineTuneChoices, 'file'>): Promise<void> {
  const { quickInput } = window;
  await quickInput.step('Where should it be trained?');
  await quickInput.pick(choices.connection ?? 'Local');
  await quickInput.step('Which model should learn');
  await quickInput.pick(choices.model ?? 'local-linear-1');
  await quickInput.step('measured on while it learns');
  if (choices.validation === undefined) await quickInput.accept();
  else await quickInput.pick(choices.validation);
  await quickInput.step('Epochs, batch size and learning rate');
  if (choices.epochs === undefined) {
    await quickInput.pick('Automatic');
  } else {
    await quickInput.pick('Set them');
    await quickInput.step('Number of epochs: how often');
    await quickInput.enter(choices.epochs);
    await quickInput.step('Batch size');
    await quickInput.accept();
    await quickInput.step('Learning rate multiplier');
    await quickInput.accept();
  }
  await quickInput.step('Suffix');
  if (choices.suffix === undefined) await quickInput.accept();
  else await quickInput.enter(choices.suffix);
  await quickInput.step('Seed');
  if (choices.seed === undefined) await quickInput.accept();
  else await quickInput.enter(choices.seed);
  if (choices.connection !== undefined && choices.connection !== 'Local') {
    await quickInput.step('Weights & Biases project');
    await quickInput.accept();
  }
  await quickInput.step('Start, or choose a line to change it');
  await choices.atSummary?.();
  await quickInput.pick('Start');
  await window.sideBar.view('Jobs').pane.waitFor({ timeout: patience });
}

export interface EvaluationChoices {
  /** Item of the test-file step; default: the proposed one. Null: the command was called on the file. */
  readonly testFile?: string | null;
  /** Whether the answers have a common prefix, which adds a step. */
  readonly prefix: boolean;
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
  await quickInput.step('Choose the contestants');
  await quickInput.accept();
  await quickInput.step('How is a reply compared');
  await quickInput.accept();
  if (choices.prefix) {
    await quickInput.step('Every answer begins with');
    await quickInput.accept();
  }
  await quickInput.step('Choose how the model is asked');
  await quickInput.accept();
  await quickInput.step('Start, or choose a line to change it');
  await choices.atSummary?.();
  await quickInput.pick('Start');
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
