// The main job as a person does it, for the e2e tests and for scripts/tour.ts: mouse and keyboard only.
import { patience } from './menus.ts';
import type { VsCodeWindow } from './window.ts';

export interface FineTuneChoices {
  /** File in the Explorer that is right-clicked. */
  readonly file: string;
  /** `Local` unless told. */
  readonly connection?: string;
  readonly model?: string;
  /** Row of the validation step; the proposed one unless told. */
  readonly validation?: string;
  readonly epochs?: string;
  readonly suffix?: string;
  readonly seed?: string;
  /** Called when the summary is on the screen, before Start. */
  readonly atSummary?: () => Promise<void>;
}

/** Right-click → Fine-Tune with Dataset… → every question → Start. Ends when the Jobs view shows. */
export async function fineTune(window: VsCodeWindow, choices: FineTuneChoices): Promise<void> {
  const { explorer } = window.sideBar;
  await window.sideBar.show('Explorer');
  await explorer.shows(choices.file);
  await explorer.choose(choices.file, 'Fine-Tune with Dataset…');
  await answerFineTuning(window, choices);
}

/** The questions of the wizard, from the connection to Start. */
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
    await quickInput.step('Epochs: how often');
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
  /** Row of the test-file step; the proposed one unless told. Null: the command was called on the file. */
  readonly testFile?: string | null;
  /** The answers have a common prefix, so the step about it is asked. */
  readonly prefix: boolean;
  /** The model was trained on rows of the file, so a step warns of it. */
  readonly trainedOn?: boolean;
  readonly atSummary?: () => Promise<void>;
}

/** The questions of Evaluate Model… with the proposals taken, from the test file to Start. */
export async function answerEvaluation(window: VsCodeWindow, choices: EvaluationChoices): Promise<void> {
  const { quickInput } = window;
  if (choices.testFile !== null) {
    await quickInput.step('Which file holds the questions');
    if (choices.testFile === undefined) await quickInput.accept();
    else await quickInput.pick(choices.testFile);
  }
  if (choices.trainedOn === true) {
    await quickInput.step('no test of what the model learnt');
    await quickInput.pick('Continue Anyway');
  }
  await quickInput.step('Who is compared?');
  await quickInput.accept();
  await quickInput.step('How is a reply compared');
  await quickInput.accept();
  if (choices.prefix) {
    await quickInput.step('Every answer begins with');
    await quickInput.accept();
  }
  await quickInput.step('How is the model asked?');
  await quickInput.accept();
  await quickInput.step('Start, or choose a line to change it');
  await choices.atSummary?.();
  await quickInput.pick('Start');
}

/** Command palette → Add Connection… → an OpenAI-compatible address. Ends when the key has been entered. */
export async function addCompatibleConnection(
  window: VsCodeWindow,
  { name, baseUrl, key }: { readonly name: string; readonly baseUrl: string; readonly key: string },
): Promise<void> {
  const { quickInput } = window;
  await quickInput.runCommand('Tuning Fork: Add Connection…');
  await quickInput.step('Which provider?');
  await quickInput.pick('OpenAI-compatible');
  await quickInput.step('A name for it');
  await quickInput.enter(name);
  await quickInput.step('Its address');
  await quickInput.enter(baseUrl);
  await quickInput.step('API key for');
  await quickInput.enter(key);
}
