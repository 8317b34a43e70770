// The run as a Markdown report, with its pictures as PNG files beside it.
import { markdownTable, markdownText } from '../../src/core/base/markdownText.ts';
import { t } from '../../src/core/base/messages.ts';
import { metricsOf } from '../../src/core/evaluation/comparison/metrics.ts';
import { sentenceOf } from '../../src/core/evaluation/comparison/statements.ts';
import { testFileName } from '../../src/core/evaluation/report/words.ts';
import { DifferenceChart } from '../charts/differenceChart.ts';
import { ErrorHistogram } from '../charts/errorHistogram.ts';
import { RunningChart } from '../charts/runningChart.ts';
import { ScatterChart } from '../charts/scatterChart.ts';
import { el } from '../dom.ts';
import { unitOf } from '../format.ts';
import { readTheme } from '../theme.ts';
import { visibleLine } from '../visibleText.ts';
import type { EvaluationModel } from './evaluationModel.ts';
import { topSentence } from './evaluationSentence.ts';
import { isByLooks, lookSentences, saidOf, watchedIn } from './looksSection.ts';
import { differenceValue, intervalText, metricTitle, metricValue, pText } from './metricWords.ts';
import { errorBars, runningFigure, scatterPoints } from './pictureData.ts';
import { offeredPictures, pictureTitle, type Picture } from './pictureSection.ts';
import { judgedGrader, type Pair, type RunJudgment } from './runJudgment.ts';
import { outcomeText } from './thresholdsSection.ts';

export interface Report {
  readonly markdown: string;
  readonly pictures: readonly { readonly name: string; readonly png: string }[];
}

export async function runReport(model: EvaluationModel, pair: Pair, judgment: RunJudgment | null): Promise<Report> {
  const drawn = offeredPictures(model, pair).filter((picture) => picture !== 'confusion');
  const pictures = await picturesOf(drawn, model, pair, judgment);
  const { run, items } = model.state;
  const lines = [
    `# ${text(pairTitle(model, pair))}`,
    '',
    text(topSentence(model, judgment).text),
    '',
    `- ${text(t('Test file: {0}, {1} items', testFileName(run.testFile), items.length))}`,
    `- ${text(t('SHA-256 of the test file: {0}', run.testFile.sha256))}`,
    `- ${text(t('Temperature {0}, at most {1} tokens, seed {2}', run.sampling.temperature, run.sampling.maxTokens, String(run.sampling.seed)))}`,
    ...model.state.formats.map((sentence) => `- ${text(sentence)}`),
    '',
    ...thresholdLines(model, judgment),
    ...summary(model, judgment),
    ...lookLines(model),
    ...comparison(model, judgment),
    ...pictures.flatMap(({ name, title }) => [`## ${text(title)}`, '', `![${text(title)}](${name})`, '']),
  ];
  return { markdown: lines.join('\n'), pictures: pictures.map(({ name, png }) => ({ name, png })) };
}

function pairTitle(model: EvaluationModel, { a, b }: Pair): string {
  const own = visibleLine(model.labelOf(a));
  return b === null ? own : t('{0} against {1}', own, visibleLine(model.labelOf(b)));
}

function summary(model: EvaluationModel, judgment: RunJudgment | null): string[] {
  const metrics = metricsOf(judgedGrader(model));
  const unit = unitOf(model.state.run.answerPrefix);
  const rows = model.contestants.map(({ id, label }) => {
    const found = judgment?.summaries.find(({ contestant }) => contestant === id);
    return [
      label,
      ...metrics.map((metric) => {
        const estimate = found?.metrics[metric];
        return estimate ? `${metricValue(metric, estimate.value)} [${intervalText(metric, estimate)}]` : '–';
      }),
      String(model.tally(id).classes['no-number']),
      String(model.tally(id).classes.error + model.tally(id).classes.refused),
    ];
  });
  const heads = [t('contestant'), ...metrics.map((metric) => metricTitle(metric, unit)), t('no number'), t('failed')];
  return [`## ${text(t('Contestants'))}`, '', ...table(heads, rows), ''];
}

function thresholdLines(model: EvaluationModel, judgment: RunJudgment | null): string[] {
  if (judgment === null || judgment.thresholds.length === 0) return [];
  return [
    `## ${text(t('Thresholds'))}`,
    '',
    text(outcomeText(model, judgment)),
    '',
    ...judgment.thresholds.map(
      ({ passed, sentence }) => `- ${text(passed ? t('Passed: {0}', sentence) : t('Not passed: {0}', sentence))}`,
    ),
    '',
  ];
}

/** Why a run that may stop early did, and what that saved. */
function lookLines(model: EvaluationModel): string[] {
  const watched = watchedIn(model);
  if (watched.length === 0) return [];
  return [
    `## ${text(t('Stopping early'))}`,
    '',
    ...lookSentences(model, watched).map((sentence) => `- ${text(sentence)}`),
    '',
  ];
}

function comparison(model: EvaluationModel, judgment: RunJudgment | null): string[] {
  if (!judgment || judgment.comparisons.length === 0) return [];
  const unit = unitOf(model.state.run.answerPrefix);
  const byLooks = isByLooks(model, judgment.pair);
  const { primary } = model.state.question;
  const rows = judgment.comparisons.flatMap(({ metric, difference, typical, claim, items }) =>
    [
      { title: metricTitle(metric, unit), found: difference, said: saidOf(claim, byLooks && metric !== primary) },
      ...(typical ? [{ title: t('typical item’s error'), found: typical, said: saidOf(typical.claim, byLooks) }] : []),
    ].map(({ title, found, said }) => [
      title,
      found ? differenceValue(metric, found.value) : '–',
      found ? `${differenceValue(metric, found.low)} … ${differenceValue(metric, found.high)}` : '–',
      found && !byLooks ? pText(found.p) : '–',
      found ? said : '–',
      String(items),
    ]),
  );
  const heads = [t('figure'), t('difference'), t('95 % interval'), t('p'), t('what can be said'), t('items')];
  return [`## ${text(t('Comparison'))}`, '', text(sentenceOf(judgment.statements)), '', ...table(heads, rows), ''];
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  return markdownTable(
    heads.map(text),
    rows.map((row) => row.map(text)),
  );
}

/** Text from outside stays text: no markup, links or new lines. */
function text(value: string): string {
  return markdownText(visibleLine(value));
}

const SIZE = { width: 900, height: 440 };

async function picturesOf(
  drawn: readonly Picture[],
  model: EvaluationModel,
  pair: Pair,
  judgment: RunJudgment | null,
): Promise<readonly { readonly name: string; readonly title: string; readonly png: string }[]> {
  const stage = el('div', { class: 'stage', attributes: { 'aria-hidden': 'true' } });
  const made = drawn.map((picture) => ({ picture, chart: chartOf(picture, model, pair, judgment) }));
  stage.append(...made.map(({ chart }) => chart.element));
  document.body.append(stage);
  // Charts draw in the frame after their data, and once more when their size is known.
  for (let frame = 0; frame < 3; frame += 1) await new Promise((done) => requestAnimationFrame(done));
  const found = made.map(({ picture, chart }) => ({
    name: `${picture}.png`,
    title: pictureTitle(picture, model),
    png: pngOf(chart.canvas),
  }));
  stage.remove();
  return found;
}

function chartOf(
  picture: Picture,
  model: EvaluationModel,
  { a, b }: Pair,
  judgment: RunJudgment | null,
): { readonly element: HTMLElement; readonly canvas: HTMLCanvasElement } {
  const nothing = { onOpen: () => undefined, onSelect: () => undefined, tell: () => [] };
  const unit = unitOf(model.state.run.answerPrefix);
  switch (picture) {
    case 'differences': {
      const chart = new DifferenceChart(nothing);
      const titles = { x: t('rows, sorted'), y: t('difference of the errors') };
      chart.setData(judgment?.differences ?? [], null, titles);
      return chart;
    }
    case 'errors': {
      const chart = new ErrorHistogram(nothing);
      chart.setData(errorBars(model, a, b), null, { title: metricTitle('mae', unit), hasOthers: b !== null });
      return chart;
    }
    case 'running': {
      const chart = new RunningChart(() => []);
      chart.setData(runningFigure(model, a), metricTitle(judgedGrader(model) === 'number' ? 'mae' : 'accuracy', unit));
      return chart;
    }
    default: {
      const chart = new ScatterChart(nothing);
      chart.setData(scatterPoints(model, a), null, '');
      return chart;
    }
  }
}

/** The picture on the background of the theme: on its own it is transparent. */
function pngOf(canvas: HTMLCanvasElement): string {
  const flat = document.createElement('canvas');
  flat.width = canvas.width || SIZE.width;
  flat.height = canvas.height || SIZE.height;
  const drawing = flat.getContext('2d');
  if (drawing && canvas.width > 0) {
    drawing.fillStyle = readTheme().background;
    drawing.fillRect(0, 0, flat.width, flat.height);
    drawing.drawImage(canvas, 0, 0);
  }
  return flat.toDataURL('image/png').replace(/^data:image\/png;base64,/, '');
}
