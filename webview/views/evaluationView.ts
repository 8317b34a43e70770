import * as z from 'zod/mini';
import { t, tn } from '../../src/core/base/messages.ts';
import { isFloor } from '../../src/core/evaluation/comparison/floors.ts';
import { trainedOnSentence } from '../../src/core/evaluation/report/words.ts';
import { button, linkButton, select } from '../components.ts';
import { el, setChildren, setText, show } from '../dom.ts';
import { Paced, Sliced } from '../slices.ts';
import { visibleLine } from '../visibleText.ts';
import { ComparisonSection } from './comparisonSection.ts';
import { ContestantsTable } from './contestantsTable.ts';
import { EvaluationModel } from './evaluationModel.ts';
import { topSentence } from './evaluationSentence.ts';
import { LooksSection } from './looksSection.ts';
import { HeadlineBar, setBadge, type View, type ViewContext } from './parts.ts';
import { PictureSection } from './pictureSection.ts';
import { RowDetail } from './rowDetail.ts';
import { RowsSection, type Selection } from './rowsSection.ts';
import { RunChecker } from './runChecks.ts';
import { factsOf, titleOf } from './runFacts.ts';
import { runReport } from './runReport.ts';
import { askedPair, judgeRun, type Pair, type RunJudgment } from './runJudgment.ts';
import { ThresholdsSection } from './thresholdsSection.ts';

const savedView = z.object({
  a: z.catch(z.nullable(z.string()), null),
  b: z.catch(z.nullable(z.string()), null),
  rows: z.catch(z.unknown(), null),
  picture: z.catch(z.unknown(), null),
});
type SavedView = z.output<typeof savedView>;

export function createEvaluationView(context: ViewContext): View {
  let saved: SavedView = savedView.safeParse(context.saved ?? {}).data ?? savedView.parse({});
  let model: EvaluationModel | null = null;
  let judgment: RunJudgment | null = null;
  let isJudging = false;
  let selection: Selection | null = null;
  let isDrawing = false;
  let isReportWanted = false;

  const title = el('h1');
  const badge = el('span', { class: 'badge' });
  const facts = el('p', { class: 'dim facts-of-run' });
  const cancel = button(t('Cancel'), 'secondary', () => {
    context.post({ type: 'cancelRun' });
  });
  const resume = button(t('Resume'), 'primary', () => {
    context.post({ type: 'resumeRun' });
  });
  const runAgain = button(t('Run Again…'), 'secondary', () => {
    context.post({ type: 'runAgain' });
  });
  const exportRun = button(t('Export…'), 'secondary', () => {
    context.post({ type: 'exportRun' });
  });
  const headline = new HeadlineBar();
  const trainedOnText = el('span');
  const trainedOn = el('p', { class: 'headline trained-on', attributes: { role: 'alert' } }, [
    el('span', { attributes: { 'aria-hidden': 'true' } }, ['⚠ ']),
    trainedOnText,
  ]);
  const formats = el('div', { class: 'formats' });
  const notice = el('p', { class: 'headline warning', attributes: { role: 'status' } });
  const elsewhere = el('p', { class: 'dim elsewhere', attributes: { role: 'status' } });
  const bar = el('progress', { attributes: { 'aria-label': t('Rows answered') } });
  const progressText = el('span', { class: 'dim numeric' });
  const progress = el('div', { class: 'progress' }, [bar, progressText]);
  const contestants = new ContestantsTable();
  const thresholds = new ThresholdsSection();
  const looks = new LooksSection();
  const comparison = new ComparisonSection(open);
  const first = select(t('Contestant shown'), (a) => {
    choose({ a });
  });
  const second = select(t('Compared with'), (b) => {
    choose({ b });
  });
  const compareRuns = linkButton(t('Compare with Another Run…'), () => {
    context.post({ type: 'compareRuns' });
  });
  const dismiss = linkButton(t('Remove the Other Run'), () => {
    context.post({ type: 'dismissGuests' });
  });
  const against = el('span', { class: 'dim' }, [t('compared with')]);
  const detail = new RowDetail({
    openLine: (item) => {
      context.post({ type: 'openLine', item });
    },
    openTrainingLine: (line) => {
      context.post({ type: 'openTrainingLine', line });
    },
    askAgain: (item, contestant) => {
      context.post({ type: 'askAgain', item, contestant });
    },
    openInTry: (item, contestant) => {
      context.post({ type: 'openInTry', item, contestant });
    },
    close: closeRow,
  });
  const rows = new RowsSection(saved.rows, {
    onOpen: open,
    onClearSelection: () => {
      pickSelection(null);
    },
    save: (state) => {
      keep({ rows: state });
    },
  });
  const picture = new PictureSection(saved.picture, {
    onOpen: open,
    onSelect: pickSelection,
    save: (state) => {
      keep({ picture: state });
    },
  });
  const judging = new Sliced<RunJudgment>(
    () => (model ? judgeRun(model, pairOf(model)) : null),
    (result, isFresh) => {
      judgment = result;
      isJudging = !isFresh;
      heavy.request();
      if (isFresh && isReportWanted) report();
    },
  );
  const heavy = new Paced(() => {
    if (model) renderJudged(model);
    element.dataset['judging'] = String(isJudging);
  });
  /** Judges what has changed. Figures and sentences follow; tests wait for the mark. */
  const judge = (): void => {
    isJudging = model !== null;
    element.dataset['judging'] = String(isJudging);
    judging.request();
  };
  const checker = new RunChecker(() => {
    heavy.request();
  });

  const columns = el('div', { class: 'two-columns' }, [
    el('div', { class: 'main' }, [comparison.element, rows.element]),
    el('div', { class: 'side' }, [detail.element, picture.element]),
  ]);
  const element = el('main', { class: 'evaluation' }, [
    el('header', {}, [
      title,
      badge,
      el('span', { class: 'grow' }),
      el('span', { class: 'actions' }, [cancel.element, exportRun.element, runAgain.element, resume.element]),
    ]),
    facts,
    headline.element,
    trainedOn,
    formats,
    notice,
    elsewhere,
    progress,
    thresholds.element,
    contestants.element,
    looks.element,
    el('div', { class: 'toolbar pair' }, [first.element, against, second.element, compareRuns, dismiss]),
    columns,
  ]);
  element.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !event.defaultPrevented && detail.item !== null) closeRow();
  });

  function keep(change: Partial<SavedView>): void {
    saved = { ...saved, ...change };
    context.save(saved);
  }

  /** The chosen pair, as far as its contestants are there; else the one that the run asks about. */
  function pairOf(current: EvaluationModel): Pair {
    const asked = askedPair(current);
    const has = (id: string | null): id is string => id !== null && current.contestant(id) !== undefined;
    const a = has(saved.a) ? saved.a : asked.a;
    const b = has(saved.b) && saved.b !== a ? saved.b : asked.b === a ? asked.a : asked.b;
    return { a, b: b === a ? null : b };
  }

  function choose(change: { readonly a?: string; readonly b?: string }): void {
    if (!model) return;
    const before = pairOf(model);
    const next = { a: before.a, b: before.b, ...change };
    // Choosing the other one of the pair swaps them.
    if (next.a === next.b) {
      if (change.a === undefined) next.a = before.b ?? before.a;
      else next.b = before.a;
    }
    keep(next);
    judge();
    heavy.now();
    draw();
  }

  function pickSelection(next: Selection | null): void {
    selection = next;
    heavy.now();
  }

  function open(item: number): void {
    const found = model?.item(item);
    if (!model || !found) return;
    detail.open(found, model, pairOf(model));
    columns.classList.add('with-detail');
    rows.open(item);
    show(picture.element, false);
    detail.element.scrollIntoView({ block: 'nearest' });
    context.post({ type: 'showRow', item });
  }

  function closeRow(): void {
    detail.close();
    columns.classList.remove('with-detail');
    show(picture.element, true);
    rows.focus();
    rows.open(null);
    heavy.now();
  }

  /** Replies may come in by the hundred a second: they are drawn once a frame. */
  function draw(): void {
    if (isDrawing) return;
    isDrawing = true;
    requestAnimationFrame(() => {
      isDrawing = false;
      if (model) render(model);
    });
  }

  function render(current: EvaluationModel): void {
    const { run, status, items, elsewhere: other } = current.state;
    setText(title, titleOf(run));
    setBadge(badge, status);
    setText(facts, factsOf(run, items.length));
    const overlap = trainedOnSentence(run.trainedOn, items.length);
    setText(trainedOnText, overlap ?? '');
    show(trainedOn, overlap !== null);
    setText(notice, current.state.notice ?? '');
    show(notice, current.state.notice !== null);
    setText(elsewhere, other?.text ?? '');
    show(elsewhere, other !== null);
    setChildren(
      formats,
      current.state.formats.map((sentence) => el('p', { class: 'headline warning' }, [sentence])),
    );
    renderProgress(current);
    renderPair(current);
    // Everything whose work grows with all rows is paced: a patch costs by its own rows.
    heavy.request();
  }

  function renderProgress(current: EvaluationModel): void {
    const { status, elsewhere: other } = current.state;
    const { done, total, failed } = current.progress();
    bar.max = Math.max(1, total);
    bar.value = done;
    const answers = tn(total, '{1} of {0} answer', '{1} of {0} answers', done);
    setText(progressText, failed > 0 ? `${answers} · ${t('{0} failed', failed)}` : answers);
    const isOver = status === 'finished' || status === 'stopped-early';
    show(progress, !isOver);
    cancel.setShown(status === 'running' && other === null);
    runAgain.setShown(status !== 'running');
    const left = total - done;
    resume.setShown(status !== 'running' && left > 0);
    resume.setLabel(
      status === 'finished'
        ? tn(failed, 'Retry {0} error', 'Retry {0} errors')
        : status === 'stopped-early'
          ? t('Go On to the End ({0} left)', left)
          : other === null
            ? t('Resume ({0} left)', left)
            : t('Take Over ({0} left)', left),
    );
  }

  function renderPair(current: EvaluationModel): void {
    const { a, b } = pairOf(current);
    // Floors are never among the contestants.
    const ordered = [...current.contestants.filter((one) => !isFloor(one)), ...current.contestants.filter(isFloor)];
    const options = ordered.map((one) => ({
      value: one.id,
      label: visibleLine(one.label),
      group: isFloor(one) ? t('Floors, which cost nothing') : undefined,
    }));
    first.setOptions(options, a);
    second.setOptions(options, b ?? '');
    show(second.element, b !== null);
    show(against, b !== null);
    show(dismiss, current.guests !== null);
  }

  function renderJudged(current: EvaluationModel): void {
    const pair = pairOf(current);
    const isOfPair = judgment?.pair.a === pair.a && judgment.pair.b === pair.b;
    if (isOfPair) checker.request(current, pair);
    const checks = checker.of(pair);
    headline.set(topSentence(current, judgment));
    thresholds.update(current, judgment);
    contestants.update(current, judgment, checks);
    looks.update(current);
    comparison.update(current, isOfPair ? judgment : null, checks);
    rows.update(current, pair, selection);
    picture.update(current, pair, isOfPair ? judgment : null, selection);
    detail.render(current, pair);
  }

  function report(): void {
    isReportWanted = false;
    if (!model) return;
    void runReport(model, pairOf(model), judgment).then((content) => {
      context.post({ type: 'report', ...content });
    });
  }

  function changed(): void {
    judge();
    draw();
  }

  return {
    element,
    receive: (message) => {
      if (message.type === 'state' && message.state.panel === 'evaluation') {
        model = new EvaluationModel(message.state);
        judgment = null;
        changed();
        return;
      }
      if (!model) return;
      const pair = pairOf(model);
      switch (message.type) {
        case 'evaluationPatch':
          model.apply(message.patch);
          changed();
          return;
        case 'guests': {
          const { guests } = message;
          model.invite(guests);
          // The other run is what the user wants to see now.
          const guest = guests?.contestants.find(({ kind }) => kind !== 'constant');
          if (guest) keep({ b: guest.id });
          changed();
          return;
        }
        case 'wantReport':
          // Of the rows as they are now.
          isReportWanted = true;
          judge();
          return;
        case 'row':
        case 'neighbors':
        case 'askedAgain':
          detail.receive(message, model, pair);
          return;
        default:
      }
    },
  };
}
