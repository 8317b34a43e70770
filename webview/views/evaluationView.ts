import * as z from 'zod/mini';
import { t, tn } from '../../src/core/base/messages.ts';
import type { RowResult, RunConfig } from '../../src/core/evaluation/types.ts';
import { allLeftOut, trainedOnSentence } from '../../src/core/evaluation/report/words.ts';
import { ScatterChart, type ScatterPoint } from '../charts/scatterChart.ts';
import { button } from '../components.ts';
import { el, setAttribute, setChildren, setText, show } from '../dom.ts';
import { figure, percent, unitOf } from '../format.ts';
import { count } from '../../src/core/base/numbers.ts';
import { visibleLine } from '../visibleText.ts';
import { ContestantsTable } from './contestantsTable.ts';
import { EvaluationModel } from './evaluationModel.ts';
import { heading, HeadlineBar, setBadge, type View, type ViewContext } from './parts.ts';
import { RowDetail } from './rowDetail.ts';
import { RowsSection } from './rowsSection.ts';

/** More pairs than this are a list, not a picture. */
const MAX_CONFUSIONS = 20;

export function createEvaluationView(context: ViewContext): View {
  let model: EvaluationModel | null = null;
  let drawing = false;

  const title = el('h1');
  const badge = el('span', { class: 'badge' });
  const facts = el('span', { class: 'dim' });
  const cancel = button(t('Cancel'), 'secondary', () => {
    context.post({ type: 'cancelRun' });
  });
  const resume = button(t('Resume'), 'primary', () => {
    context.post({ type: 'resumeRun' });
  });
  const headline = new HeadlineBar();
  const trainedOnText = el('span');
  const trainedOn = el('p', { class: 'headline trained-on', attributes: { role: 'alert' } }, [
    el('span', { attributes: { 'aria-hidden': 'true' } }, ['⚠ ']),
    trainedOnText,
  ]);
  const notice = el('p', { class: 'headline warning', attributes: { role: 'status' } });
  const elsewhere = el('p', { class: 'dim elsewhere', attributes: { role: 'status' } });
  const bar = el('progress', { attributes: { 'aria-label': t('Rows answered') } });
  const progressText = el('span', { class: 'dim numeric' });
  const progress = el('div', { class: 'progress' }, [bar, progressText]);
  const contestants = new ContestantsTable();
  const detail = new RowDetail((item) => {
    context.post({ type: 'openLine', item });
  });
  const rows = new RowsSection(savedPart(context.saved), {
    onOpen: open,
    onContestant: draw,
    save: (state) => {
      context.save({ rows: state });
    },
  });
  const scatter = new ScatterChart((item) => {
    rows.open(item);
    open(item);
  });
  const pictureHeading = heading('h2', t('Truth and estimate'));
  const chartTitle = el('p', { class: 'chart-title' });
  const caption = el('p', { class: 'dim caption' });
  const confusions = el('div');
  const picture = el('section', { class: 'picture', attributes: { 'aria-label': t('Truth and estimate') } }, [
    pictureHeading.element,
    chartTitle,
    scatter.element,
    confusions,
    caption,
  ]);

  const element = el('main', {}, [
    el('header', {}, [
      title,
      badge,
      facts,
      el('span', { class: 'grow' }),
      el('span', { class: 'actions' }, [cancel.element, resume.element]),
    ]),
    headline.element,
    trainedOn,
    notice,
    elsewhere,
    progress,
    contestants.element,
    el('div', { class: 'toolbar shown-contestant' }, [
      el('span', { class: 'dim' }, [t('Showing')]),
      rows.contestants.element,
    ]),
    el('div', { class: 'two-columns' }, [rows.element, picture]),
    detail.element,
  ]);

  function open(item: number): void {
    const found = model?.item(item);
    if (!model || !found) return;
    detail.open(found, model);
    context.post({ type: 'showRow', item });
  }

  /** Replies may come in by the hundred a second: they are drawn once a frame. */
  function draw(): void {
    if (drawing) return;
    drawing = true;
    requestAnimationFrame(() => {
      drawing = false;
      if (model) render(model);
    });
  }

  function render(current: EvaluationModel): void {
    const { run, status, items, elsewhere: other } = current.state;
    setText(title, run.name);
    setBadge(badge, status);
    setText(facts, factsOf(run, items.length));
    headline.set(current.state.headline);
    const overlap = trainedOnSentence(run.trainedOn, items.length);
    setText(trainedOnText, overlap ?? '');
    show(trainedOn, overlap !== null);
    setText(notice, current.state.notice ?? '');
    show(notice, current.state.notice !== null);
    setText(elsewhere, other?.text ?? '');
    show(elsewhere, other !== null);

    const { done, total, failed } = current.progress();
    bar.max = Math.max(1, total);
    bar.value = done;
    const answers = tn(total, '{1} of {0} answer', '{1} of {0} answers', done);
    setText(progressText, failed > 0 ? `${answers} · ${t('{0} failed', failed)}` : answers);
    show(progress, status !== 'finished');
    cancel.setShown(status === 'running' && other === null);
    const open = total - done;
    resume.setShown(status !== 'running' && open > 0);
    resume.setLabel(
      status === 'finished'
        ? tn(failed, 'Retry {0} error', 'Retry {0} errors')
        : status === 'stopped-early'
          ? t('Go On to the End ({0} left)', open)
          : other === null
            ? t('Resume ({0} left)', open)
            : t('Take Over ({0} left)', open),
    );

    contestants.update(current);
    rows.update(current);
    renderPicture(current);
    detail.render(current);
  }

  function renderPicture(current: EvaluationModel): void {
    const { run } = current.state;
    const id = rows.shown(current);
    const label = run.contestants.find((contestant) => contestant.id === id)?.label ?? '';
    const numeric = run.grader === 'number';
    show(confusions, !numeric);
    const pictureTitle = numeric ? t('Truth and estimate') : t('Most confused');
    setAttribute(picture, 'aria-label', pictureTitle);
    setText(pictureHeading.element.firstElementChild ?? pictureHeading.element, pictureTitle);
    setText(pictureHeading.note, label);
    if (!numeric) {
      show(scatter.element, false);
      show(chartTitle, false);
      setText(caption, renderConfusions(current, id));
      return;
    }
    const ofContestant = current.rowsOf(id);
    const points = ofContestant.flatMap(pointOf);
    const report = current.report(id);
    const unit = unitOf(run.answerPrefix);
    const text = t(
      '{0} Error={1} RMSLE={2} Hits={3}',
      label,
      `${unit}${figure(report?.meanError)}`,
      figure(report?.rmsle),
      percent(report?.hits),
    );
    setText(chartTitle, text);
    scatter.setData(points, text);
    show(scatter.element, points.length > 0);
    show(chartTitle, points.length > 0);
    if (points.length === 0) {
      setText(caption, t('The chart starts with the first reply that holds a number.'));
      return;
    }
    const silent = ofContestant.filter((row) => row.status === 'no-number').length;
    const below = points.filter((point) => point.guess < 0).length;
    setText(
      caption,
      [
        t('● green  ▲ orange  ◆ red  ╱ y = x'),
        silent > 0 ? tn(silent, '{0} reply without a number not drawn', '{0} replies without a number not drawn') : '',
        below > 0 ? tn(below, '{0} estimate below 0 drawn on the edge', '{0} estimates below 0 drawn on the edge') : '',
      ]
        .filter(Boolean)
        .join(' · '),
    );
  }

  function renderConfusions(current: EvaluationModel, id: string): string {
    const pairs = current.confusions(id);
    show(confusions, pairs.length > 0);
    setChildren(confusions, [
      el('table', { attributes: { 'aria-label': t('Most confused answers') } }, [
        el('thead', {}, [
          el('tr', {}, [
            el('th', { attributes: { scope: 'col' } }, [t('truth')]),
            el('th', { attributes: { scope: 'col' } }, [t('answered')]),
            el('th', { class: 'number', attributes: { scope: 'col' } }, [t('rows')]),
          ]),
        ]),
        el(
          'tbody',
          {},
          pairs
            .slice(0, MAX_CONFUSIONS)
            .map((pair) =>
              el('tr', {}, [
                el('td', {}, [visibleLine(pair.truth)]),
                el('td', {}, [visibleLine(pair.guess)]),
                el('td', { class: 'number' }, [count(pair.count)]),
              ]),
            ),
        ),
      ]),
    ]);
    if (pairs.length > MAX_CONFUSIONS)
      return tn(pairs.length - MAX_CONFUSIONS, 'and {0} rarer pair', 'and {0} rarer pairs');
    if (pairs.length > 0) return '';
    return current.counts(id).all === 0 ? t('Nothing answered yet.') : t('Every answer matches so far.');
  }

  return {
    element,
    receive: (message) => {
      if (message.type === 'state' && message.state.panel === 'evaluation') {
        model = new EvaluationModel(message.state);
        draw();
      } else if (message.type === 'evaluationPatch') {
        model?.apply(message.patch);
        draw();
      } else if (message.type === 'row' && model) {
        detail.receive(message, model);
      }
    },
  };
}

function savedPart(saved: unknown): unknown {
  return z.object({ rows: z.unknown() }).safeParse(saved).data?.rows;
}

function factsOf(run: RunConfig, items: number): string {
  const grader = run.grader === 'number' ? t('number grader') : t('exact match');
  const { temperature, maxTokens, seed } = run.sampling;
  return [
    tn(items, '{0} item', '{0} items'),
    grader,
    tn(
      maxTokens,
      'temperature {1}, at most {0} token, seed {2}',
      'temperature {1}, at most {0} tokens, seed {2}',
      temperature,
      String(seed),
    ),
    ...allLeftOut(run.contestants),
  ].join(' · ');
}

function pointOf(row: RowResult): ScatterPoint[] {
  if (row.status !== 'graded' || typeof row.guess !== 'number' || typeof row.truth !== 'number') return [];
  return row.colour === null ? [] : [{ item: row.item, truth: row.truth, guess: row.guess, colour: row.colour }];
}
