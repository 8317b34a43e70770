import { t, tn } from '../../src/core/base/messages.ts';
import { MetricColumns } from '../../src/core/training/curves/columns.ts';
import type { VerdictMark } from '../../src/core/training/verdict/runVerdicts.ts';
import type { CurvePanelFile, CurvePanelRun, CurvePanelState } from '../../src/protocol/curvePanel.ts';
import type { ChartRun } from '../charts/curves/lines.ts';
import { el, setChildren, setText, show } from '../dom.ts';
import { visibleLine } from '../visibleText.ts';
import { CurveSection } from './curves/curveSection.ts';
import { VerdictSection } from './curves/verdictSection.ts';
import { Placeholder, type View, type ViewContext } from './parts.ts';

interface Loaded {
  readonly run: CurvePanelRun;
  readonly curve: MetricColumns;
}

/** Charts and verdicts of curves that are in files. */
export function createCurveFilesView(context: ViewContext): View {
  let state: CurvePanelState | null = null;
  let runs: readonly Loaded[] = [];
  let marks: ReadonlyMap<string, readonly VerdictMark[]> = new Map();

  const title = el('h1');
  const facts = el('span', { class: 'dim' });
  const failures = el('div');
  const placeholder = new Placeholder();
  const problems = el('div');
  const section = new CurveSection(context.saved, {
    save: (view) => {
      context.save(view);
    },
    onExport: (file) => {
      context.post({ type: 'exportCharts', ...file });
    },
  });
  const verdicts = new VerdictSection({
    onMarks: (next) => {
      marks = next;
      section.update(runs.map(chartRun));
    },
    onExplain: () => {
      context.post({ type: 'explainVerdicts' });
    },
    // A file has no checkpoints to evaluate and no job to start again.
    textOf: () => null,
    actionsOf: () => [],
  });
  section.verdicts.append(verdicts.element);
  show(section.element, false);

  const element = el('main', {}, [
    el('header', {}, [title, facts]),
    failures,
    placeholder.element,
    el('section', { attributes: { 'aria-label': t('Metrics') } }, [section.element]),
    problems,
  ]);

  function chartRun({ run, curve }: Loaded): ChartRun {
    return {
      id: run.id,
      name: run.name,
      curve,
      marks: [],
      findings: marks.get(run.id) ?? [],
      totalSteps: null,
      scale: { epochs: run.epochs, examples: null, batchSize: null, trainedTokens: null },
      unconditional: null,
      isLive: false,
    };
  }

  function draw(): void {
    // A curve of many parts is drawn once.
    const isThere = runs.length > 0 && runs.every(({ run, curve }) => curve.length >= run.rows);
    const isRead = state !== null && state.files.length === state.paths.length;
    placeholder.set(isThere || (isRead && runs.length === 0) ? null : t('The curves are being read.'));
    show(section.element, isThere);
    if (!isThere) return;
    section.update(runs.map(chartRun));
    verdicts.update(
      runs.map(({ run, curve }) => ({
        id: run.id,
        name: run.name,
        curve,
        isLive: false,
        totalSteps: null,
        epochs: run.epochs,
        batchSize: null,
        checkpoints: [],
      })),
    );
  }

  return {
    element,
    receive: (message) => {
      if (message.type === 'state' && message.state.panel === 'curve') {
        const next = message.state;
        state = next;
        runs = next.runs.map((run) => {
          const curve = new MetricColumns();
          curve.expect(run.rows);
          return { run, curve };
        });
        setText(title, next.title);
        setText(
          facts,
          runs.length > 1
            ? tn(runs.length, '{0} training', '{0} trainings')
            : runs.map(({ run }) => tn(run.rows, '{0} step', '{0} steps')).join(''),
        );
        setChildren(
          failures,
          next.files.flatMap(({ failure }) =>
            failure === null ? [] : [el('p', { class: 'headline bad' }, [failure])],
          ),
        );
        setChildren(problems, next.files.flatMap(problemsOf));
        draw();
      } else if (message.type === 'curvePart') {
        runs.find(({ run }) => run.id === message.run)?.curve.merge(message.curve);
        draw();
      }
    },
  };
}

/** Places of a file that could not be read, and columns that are no curves. */
function problemsOf({ name, problems, problemCount, leftOut }: CurvePanelFile): readonly HTMLElement[] {
  const file = visibleLine(name);
  const parts: HTMLElement[] = [];
  if (problemCount > 0) {
    parts.push(
      el('details', { class: 'curve-problems' }, [
        el('summary', {}, [
          tn(problemCount, '{1}: {0} place could not be read', '{1}: {0} places could not be read', file),
        ]),
        el('ul', {}, [
          ...problems.map(({ line, reason }) => el('li', {}, [t('Line {0}: {1}', line, visibleLine(reason))])),
          ...(problemCount > problems.length
            ? [el('li', { class: 'dim' }, [tn(problemCount - problems.length, '{0} more', '{0} more')])]
            : []),
        ]),
      ]),
    );
  }
  if (leftOut.length > 0)
    parts.push(
      el('p', { class: 'dim' }, [
        tn(
          leftOut.length,
          '{1}: {0} column is no curve: {2}',
          '{1}: {0} columns are no curves: {2}',
          file,
          leftOut.slice(0, 20).map(visibleLine).join(', '),
        ),
      ]),
    );
  return parts;
}
