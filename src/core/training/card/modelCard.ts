// Model card of an exported model: `README.md` as the Hugging Face hub reads it. It has names, hashes and figures, and neither rows of
// datasets nor paths of the machine.
import { markdownTable } from '../../base/markdownText.ts';
import { dayText, t } from '../../base/messages.ts';
import { count } from '../../base/numbers.ts';
import { settingsInWords } from '../words/advancedText.ts';
import { formatLoss } from '../words/describe.ts';
import { hyperparametersInWords } from '../words/hyperparametersText.ts';
import { evaluationLines } from './cardEvaluation.ts';
import type { CardFile, CardInput, CardTraining } from './cardInput.ts';
import { code, hash, inline } from './cardText.ts';
import { frontMatter } from './frontMatter.ts';
import { usageLines } from './usage.ts';

/** Losses that are listed, the last ones where there are more. */
const MOST_LOSSES = 50;

export function modelCard(input: CardInput): string {
  const { name, step, training, evaluations, at } = input;
  const lines = [
    ...frontMatter(input),
    '',
    `# ${inline(name)}`,
    '',
    ...whatItIs(input),
    ...(step === null ? [] : [t('It is the checkpoint of step {0}.', count(step))]),
    t('Written by Tuning Fork on {0}.', dayText(new Date(at))),
    '',
    `## ${t('Training')}`,
    '',
    ...(training === null
      ? [t('Data and settings of the training are not known on the machine that wrote this.')]
      : trainingLines(input, training)),
    '',
    ...(training === null ? [] : lossLines(training, step)),
    `## ${t('Evaluation')}`,
    '',
    ...evaluationLines(evaluations),
    '',
    `## ${t('Use')}`,
    '',
    ...usageLines(input),
  ];
  return `${lines.join('\n')}\n`;
}

function whatItIs({ form, base }: CardInput): readonly string[] {
  const name = code(base.name);
  switch (form) {
    case 'adapter':
      return [t('LoRA adapter of a fine-tuned model; it needs its base model {0}.', name)];
    case 'merged':
      return [t('Fine-tuned model: {0} with its LoRA adapter merged into the weights.', name)];
    case 'ollama':
      return [t('Fine-tuned model for Ollama: {0} with its LoRA adapter merged into the weights.', name)];
  }
}

function trainingLines({ base }: CardInput, training: CardTraining): readonly string[] {
  const { job, trainingFile, validationFile, split } = training;
  const unknown = t('not known');
  const rows: (readonly [string, string])[] = [
    [t('Base model'), code(base.name)],
    ...(base.revision === null ? [] : [[t('Revision'), hash(base.revision)] as const]),
    [t('License of the base model'), base.licence === null ? unknown : inline(base.licence)],
    [t('Method'), methodText(job.method)],
    ...fileRows(trainingFile, [t('Training file'), t('SHA-256 of the training file'), t('Training examples')]),
    ...(validationFile === null
      ? [[t('Validation file'), t('none')] as const]
      : fileRows(validationFile, [
          t('Validation file'),
          t('SHA-256 of the validation file'),
          t('Validation examples'),
        ])),
    ...(split === null
      ? []
      : [
          [
            t('Both were split from'),
            t(
              '{0}, SHA-256 {1}, by the seed {2}',
              split.name === null ? unknown : inline(split.name),
              split.sha256 === null ? unknown : hash(split.sha256),
              split.seed,
            ),
          ] as const,
        ]),
    [t('Seed'), job.seed === null ? unknown : String(job.seed)],
    [t('Trained tokens'), job.trainedTokens === null ? unknown : count(job.trainedTokens)],
    [t('Hyperparameters'), inline(hyperparametersInWords(job.hyperparameters))],
    ...settingsInWords(job.advanced ?? {}, null).map(({ title, value }) => [title, inline(value)] as const),
  ];
  return markdownTable([t('What'), t('Value')], rows, false);
}

function fileRows(
  { name, sha256, rows }: CardFile,
  titles: readonly [name: string, hash: string, rows: string],
): readonly (readonly [string, string])[] {
  const unknown = t('not known');
  return [
    [titles[0], name === null ? unknown : inline(name)],
    [titles[1], sha256 === null ? unknown : hash(sha256)],
    ...(rows === null ? [] : [[titles[2], count(rows)] as const]),
  ];
}

function methodText(method: string): string {
  switch (method) {
    case 'supervised':
      return t('supervised fine-tuning with LoRA');
    case 'dpo':
      return t('direct preference optimization (DPO) with LoRA');
    case 'reinforcement':
      return t('reinforcement fine-tuning (GRPO) with LoRA');
    default:
      return inline(method);
  }
}

function lossLines({ curve }: CardTraining, step: number | null): readonly string[] {
  const [full, sample] = ['full_valid_loss', 'valid_loss'].map((name) => curve.series(name));
  const series = full !== undefined && full.length > 0 ? full : sample;
  const points = Array.from({ length: series?.length ?? 0 }, (_, at) => [series?.xs[at] ?? NaN, series?.ys[at] ?? NaN])
    .filter(([x = NaN]) => step === null || x <= step)
    .slice(-MOST_LOSSES);
  const heading = [`## ${t('Validation')}`, ''];
  if (points.length === 0) return [...heading, t('No validation loss was measured.'), ''];
  return [
    ...heading,
    series === full
      ? t('Loss of all validation examples, in nats a token.')
      : t('Loss of a sample of the validation examples, in nats a token.'),
    '',
    ...markdownTable(
      [t('Step'), t('Loss')],
      points.map(([x = NaN, y = NaN]) => [count(x), formatLoss(y)]),
    ),
    '',
  ];
}
