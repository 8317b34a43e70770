// Notebook that trains a job with TRL and PEFT, as the open-weights trainer does. Its texts and its code are the same for all jobs; what
// comes from a job is in one cell of settings, as literals. Pure.
import { ADVANCED, type AdvancedName } from '../advanced.ts';
import type { MethodName } from '../job.ts';
import { ENCODE, FILES, MESSAGES, MODEL } from './cells/data.ts';
import { LORA, ORDER, PLAN, REINFORCEMENT_PLAN } from './cells/plan.ts';
import * as preference from './cells/preference.ts';
import * as reinforcement from './cells/reinforcement.ts';
import { CURVE, saveCell } from './cells/result.ts';
import { INSTALL, SETTINGS } from './cells/settings.ts';
import * as supervised from './cells/supervised.ts';
import { notebookDocument, type Cell } from './document.ts';
import { FOUR_BIT, GRADER_PACKAGES, NOTEBOOK_PACKAGES } from './packages.ts';
import { pythonLiteral } from './pythonLiteral.ts';
import type { NotebookSettings } from './settings.ts';
import * as texts from './texts.ts';

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
  const isGraded = method === 'reinforcement';
  return [
    said('about', texts.aboutText(method, settings.stopsEarly)),
    said('about-install', texts.packagesText()),
    { ...code('install', installation(settings)), tags: [INSTALL_TAG] },
    said('about-settings', texts.settingsText(settings.foreignMultiplier)),
    code('settings', settingsCell(settings)),
    said('about-files', texts.filesText()),
    code('files', FILES),
    said('about-model', texts.modelText()),
    code('model', MODEL),
    said('about-examples', texts.examplesText(method)),
    code('messages', MESSAGES),
    ...(isGraded ? [] : [code('encode', ENCODE)]),
    code('examples', cells.EXAMPLES),
    said('about-plan', texts.planText(method)),
    code('plan', isGraded ? REINFORCEMENT_PLAN : PLAN),
    ...(isGraded
      ? [said('about-grader', texts.graderText()), code('grader', reinforcement.GRADERS)]
      : [code('order', ORDER)]),
    said('about-training', texts.trainingText()),
    code('adapter', LORA),
    code('training', cells.TRAINER),
    said('about-curve', texts.curveText(method)),
    code('curve', CURVE),
    said('about-result', texts.resultText()),
    code('result', saveCell(method)),
  ];
}

function said(id: string, text: string): Cell {
  return { id, kind: 'markdown', text };
}

function code(id: string, text: string): Cell {
  return { id, kind: 'code', text };
}

function installation({ method, advanced }: NotebookSettings): string {
  const pinned = Object.entries({ ...NOTEBOOK_PACKAGES, ...(method === 'reinforcement' ? GRADER_PACKAGES : {}) });
  const packages = pinned.map(([name, version]) => `${name}==${version}`);
  const fourBit = advanced.load_in_4bit === true ? [`"${FOUR_BIT}"`] : [];
  return INSTALL.replace('@packages@', () => [...packages, ...fourBit].join(' '));
}

function settingsCell(settings: NotebookSettings): string {
  const { method, hyperparameters, advanced } = settings;
  const { n_epochs, batch_size, learning_rate_multiplier: multiplier, beta = 'auto' } = hyperparameters;
  const setting = (name: AdvancedName): unknown =>
    advanced[name] ?? ADVANCED.find((rule) => rule.name === name)?.default;
  const values: Readonly<Record<string, unknown>> = {
    ...settings,
    ...Object.fromEntries(ADVANCED.map(({ name }) => [name, setting(name)])),
    n_epochs,
    batch_size,
    multiplier: multiplier === 'auto' ? AUTO_MULTIPLIER[method] : multiplier,
    beta: beta === 'auto' ? AUTO_BETA[method] : beta,
  };
  const template = method === 'supervised' ? SETTINGS.replace(/^BETA = .*\n/mu, '') : SETTINGS;
  // One pass: what is put in is not read again.
  return template.replace(/@(\w+)@/gu, (_, name: string) => pythonLiteral(values[name]));
}
