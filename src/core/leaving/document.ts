// The document for others: what was there, what was taken, what was recorded, and whether each replacement is as good. One HTML file that needs
// nothing else: no scripts, no addresses, readable in any browser, on paper, and in the editor's colors.
import { bytesInWords } from '../base/bytes.ts';
import { dayText, listOf, spoken, t, tn } from '../base/messages.ts';
import { count } from '../base/numbers.ts';
import { verdictOf, type ReplacementFacts, type SliceFacts } from '../evaluation/comparison/replacement.ts';
import { metricName } from '../evaluation/comparison/metricName.ts';
import { differenceText, sizeOf } from '../evaluation/comparison/sizes.ts';
import { amount } from '../evaluation/report/amount.ts';
import { deadlineBadge } from '../provider/deadlines.ts';
import { escaped, el, hash, SPACE, table, text, type Html } from './documentHtml.ts';
import { STYLE } from './documentStyle.ts';
import { intervalPicture } from './intervalPicture.ts';
import type { Inventory, LeavingModel } from './inventory.ts';
import type { LeavingIndex, MissingFile, RecordedModel, TakenFile } from './leavingIndex.ts';
import { filePlaceText, whatText } from './words.ts';

/** A replacement that was judged. */
export interface JudgedReplacement {
  /** Model that was left. */
  readonly old: string;
  readonly oldLabel: string;
  readonly model: string;
  readonly label: string;
  /** Where the replacement answers. */
  readonly provider: string;
  /** Unix milliseconds. */
  readonly at: number;
  /** The sentence of the run, whole. */
  readonly sentence: string;
  readonly facts: ReplacementFacts;
}

export interface DocumentInput {
  readonly inventory: Inventory;
  /** Null before anything was taken. */
  readonly index: LeavingIndex | null;
  readonly replacements: readonly JudgedReplacement[];
}

export function leavingDocument({ inventory, index, replacements }: DocumentInput): string {
  const { name } = inventory.connection;
  const title = t('Leaving {0}', name);
  const body = [
    el('h1', {}, text(title)),
    el('p', { class: 'dim' }, text(t('As of {0}', dayText(new Date(inventory.at))))),
    ...summary(inventory, index, replacements).map((sentence) => el('p', { class: 'lead' }, text(sentence))),
    ...modelsSection(inventory, index, replacements),
    ...replacements.flatMap(replacementSection),
    ...(replacements.length > 0 ? [methods()] : []),
    ...recordingsSection(index?.recordings ?? []),
    ...filesSection(index?.files ?? []),
    ...missingSection(index?.missing ?? []),
    ...(index === null ? [] : [check(index)]),
  ];
  const policy = "default-src 'none'; style-src 'unsafe-inline'";
  return `<!DOCTYPE html>
<html lang="${escaped(spoken().locale)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${body.join('\n')}
</main>
</body>
</html>
`;
}

function summary(
  { models, files }: Inventory,
  index: LeavingIndex | null,
  replacements: readonly JudgedReplacement[],
): readonly string[] {
  const recorded = new Set(index?.recordings.filter(isWhole).map(({ model }) => model));
  const sentences = [
    tn(models.length, '{0} tuned model is there.', '{0} tuned models are there.'),
    models.length === 0
      ? ''
      : t('Recorded whole: {0} of {1}.', models.filter(({ model }) => recorded.has(model)).length, models.length),
    index === null
      ? ''
      : tn(
          index.files.length,
          '{0} file was taken and verified by its hash.',
          '{0} files were taken and verified by their hashes.',
        ),
    index === null || index.missing.length === 0
      ? ''
      : tn(
          index.missing.length,
          '{0} thing could not be had; it is named below.',
          '{0} things could not be had; they are named below.',
        ),
    files === null ? t('The provider did not list its files.') : '',
  ];
  return [sentences.filter(Boolean).join(' '), ...replacements.map(({ sentence }) => sentence)];
}

function isWhole({ recorded, items }: RecordedModel): boolean {
  return items > 0 && recorded === items;
}

function modelsSection(
  { models }: Inventory,
  index: LeavingIndex | null,
  replacements: readonly JudgedReplacement[],
): readonly Html[] {
  if (models.length === 0) return [];
  const heads = [
    t('Model'),
    t('Base model'),
    t('Days left'),
    t('Training file'),
    t('Last evaluation'),
    t('Recorded answers'),
    t('Replacement'),
  ];
  return [
    el('h2', {}, text(t('Models'))),
    table(
      heads,
      models.map((model) => [
        el('span', {}, text(model.title), el('br', {}), el('code', {}, text(model.model))),
        text(model.base ?? '–'),
        daysLeft(model),
        text(filePlaceText(model.trainingFile)),
        text(model.lastEvaluation === null ? '–' : dayText(new Date(model.lastEvaluation.at))),
        text(recordedText(index?.recordings.find((one) => one.model === model.model))),
        text(listOf(replacements.filter(({ old }) => old === model.model).map(verdictText)) || '–'),
      ]),
    ),
  ];
}

function daysLeft({ deadline }: LeavingModel): Html {
  if (deadline === null) return text('–');
  return el('span', deadline.daysLeft <= 60 ? { class: 'urgent' } : {}, text(deadlineBadge(deadline)));
}

function recordedText(recording: RecordedModel | undefined): string {
  if (recording === undefined) return '–';
  return t('{0} of {1} items', count(recording.recorded), count(recording.items));
}

/** `pricer-2: equal`. */
function verdictText({ label, facts }: JudgedReplacement): string {
  switch (verdictOf(facts)) {
    case 'equal':
      return t('{0}: equal', label);
    case 'as-good':
      return t('{0}: as good, with other answers', label);
    case 'better':
      return t('{0}: better', label);
    case 'worse':
      return t('{0}: worse', label);
    case 'none':
      return t('{0}: not enough items', label);
  }
}

function replacementSection(judged: JudgedReplacement): readonly Html[] {
  const { facts, label, oldLabel, provider, model, old, at } = judged;
  const { metric, difference, margin, slices } = facts;
  const picture =
    difference === null
      ? []
      : [
          el(
            'figure',
            {},
            intervalPicture(
              [{ name: t('All items'), ...difference }, ...slices.flatMap(rowOf)],
              margin,
              t(
                'Differences between {0} and {1}; the same figures are in the sentence and the table.',
                label,
                oldLabel,
              ),
              (size) => sizeOf(metric, size),
            ),
            el(
              'figcaption',
              { class: 'dim' },
              text(
                t(
                  'Difference in {0} with its 95% interval; the band is the margin of ±{1}. Below zero {2} has the smaller figure.',
                  metricName(metric),
                  sizeOf(metric, margin),
                  label,
                ),
              ),
            ),
          ),
        ];
  return [
    el('h2', {}, text(t('{0} in place of {1}', label, oldLabel))),
    el(
      'p',
      { class: 'dim' },
      text(t('{0}, at {1}, judged on {2}:', label, provider, dayText(new Date(at)))),
      SPACE,
      el('code', {}, text(model)),
    ),
    el('p', { class: 'dim' }, text(t('In place of {0}:', oldLabel)), SPACE, el('code', {}, text(old))),
    ...picture,
    ...(slices.length === 0 || difference === null
      ? []
      : [
          table(
            [t('Items by their expected answer'), t('Items'), t('Difference'), t('What can be said')],
            slices.map((slice) => [
              text(sliceName(slice)),
              text(count(slice.items)),
              text(
                slice.difference === null
                  ? '–'
                  : differenceText(metric, slice.difference.value, slice.difference.low, slice.difference.high),
              ),
              text(claimText(slice.claim)),
            ]),
          ),
        ]),
  ];
}

function rowOf(slice: SliceFacts) {
  return slice.difference === null ? [] : [{ name: sliceName(slice), ...slice.difference }];
}

function sliceName({ name }: SliceFacts): string {
  return typeof name === 'string' ? name : t('{0} to {1}', amount(name[0]), amount(name[1]));
}

function claimText(claim: SliceFacts['claim']): string {
  switch (claim) {
    case 'equal':
      return t('equal to within the margin');
    case 'better':
      return t('better');
    case 'worse':
      return t('worse');
    case 'none':
      return t('not enough to say');
  }
}

function methods(): Html {
  return el(
    'p',
    { class: 'dim' },
    text(
      [
        t('Both models answered the same items with the same prompts, and their errors are compared item by item.'),
        t(
          'Equal to within a margin that was named beforehand means that the 98% interval of the mean difference lies inside it, and that the answers are no further from the recorded ones than the old model is from itself, beyond the same margin.',
        ),
        t(
          'Of 200 seeded cases the same model is called equal in at least 80 of 100, and one that is worse by the margin in at most 5 of 100; parts of the items are claimed only after a correction for all of them.',
        ),
      ].join(' '),
    ),
  );
}

function recordingsSection(recordings: readonly RecordedModel[]): readonly Html[] {
  if (recordings.length === 0) return [];
  return [
    el('h2', {}, text(t('Recorded answers'))),
    table(
      [t('Model'), t('Test file'), t('Items'), t('Run file'), t('What is missing')],
      recordings.map((one) => [
        el('code', {}, text(one.model)),
        text(one.testFile ?? '–'),
        text(recordedText(one)),
        one.path === null ? text('–') : el('span', {}, el('code', {}, text(one.path)), el('br', {}), hash(one.sha256)),
        text(missingText(one)),
      ]),
    ),
  ];
}

function missingText({ recorded, items, missingLines, reason }: RecordedModel): string {
  if (reason === null && recorded === items) return t('nothing');
  const shown = missingLines.slice(0, 20).map(String);
  const lines = listOf(missingLines.length > shown.length ? [...shown, '…'] : shown);
  return [
    tn(items - recorded, '{0} item', '{0} items'),
    lines === '' ? '' : tn(missingLines.length, 'line {1}', 'lines {1}', lines),
    reason ?? '',
  ]
    .filter(Boolean)
    .join(': ');
}

function filesSection(files: readonly TakenFile[]): readonly Html[] {
  if (files.length === 0) return [];
  return [
    el('h2', {}, text(t('Files taken'))),
    table(
      [t('File'), t('What it is'), t('Size'), t('SHA-256'), t('Where from')],
      [...files]
        .sort((a, b) => (a.path < b.path ? -1 : 1))
        .map((file) => [
          el('code', {}, text(file.path)),
          text(file.name === null ? whatText(file.what) : t('{0}, {1}', whatText(file.what), file.name)),
          text(bytesInWords(file.bytes)),
          hash(file.sha256),
          text(fromText(file)),
        ]),
    ),
  ];
}

function fromText({ from, sameAsHere }: TakenFile): string {
  if (from === 'here') return t('the copy of this machine');
  if (sameAsHere === null) return t('the provider');
  return sameAsHere
    ? t('the provider; the same as the copy of this machine')
    : t('the provider; another one than the copy of this machine');
}

function missingSection(missing: readonly MissingFile[]): readonly Html[] {
  if (missing.length === 0) return [];
  return [
    el('h2', {}, text(t('What could not be had'))),
    table(
      [t('What it is'), t('Id'), t('Why')],
      missing.map(({ what, id, reason }) => [text(whatText(what)), el('code', {}, text(id)), text(reason)]),
    ),
  ];
}

function check({ provider }: LeavingIndex): Html {
  return el(
    'p',
    { class: 'dim' },
    text(
      t(
        'To check this: sha256sum gives the hashes again, and "node cli.js verify" recomputes every grade and figure of a run file from the recorded answers. Nothing was deleted at {0}.',
        provider.name,
      ),
    ),
  );
}
