import { t, tn } from '../../src/core/base/messages.ts';
import { MetricColumns } from '../../src/core/training/curves/columns.ts';
import { NO_TABLE } from '../../src/core/training/curves/pointTable.ts';
import type { JobPanelState } from '../../src/protocol/jobPanel.ts';
import { button, linkButton } from '../components.ts';
import { el, setText, show } from '../dom.ts';
import { EventList } from './eventList.ts';
import { JobChartSection } from './jobChartSection.ts';
import { TrainerSettings } from './trainerSettings.ts';
import { HeadlineBar, setBadge, type View, type ViewContext } from './parts.ts';

export function createJobView(context: ViewContext): View {
  const curve = new MetricColumns();
  let job: JobPanelState | null = null;

  const title = el('h1');
  const badge = el('span', { class: 'badge' });
  const facts = el('span', { class: 'dim' });
  const modelName = el('span', { class: 'mono' });
  const copied = el('span', { class: 'dim', attributes: { role: 'status' } });
  const model = el('div', { class: 'model-line' }, [
    modelName,
    linkButton(t('Copy'), () => {
      context.post({ type: 'copyModelName' });
      setText(copied, t('copied'));
    }),
    copied,
  ]);
  const cancel = button(t('Cancel'), 'secondary', () => {
    context.post({ type: 'cancelJob' });
  });
  const tryModel = button(t('Try…'), 'secondary', () => {
    context.post({ type: 'tryJob' });
  });
  const openLine = button(t('Go to Failing Line'), 'secondary', () => {
    context.post({ type: 'openFailedLine' });
  });
  const evaluate = button(t('Evaluate…'), 'primary', () => {
    context.post({ type: 'evaluateJob' });
  });
  const headline = new HeadlineBar();
  let hasView = context.saved !== undefined && context.saved !== null;
  const chart = new JobChartSection(curve, context.saved, {
    post: context.post,
    save: (view) => {
      hasView = true;
      context.save(view);
      // Told at once: a page that is closed has no time left. The extension writes it when the changes pause.
      context.post({ type: 'chartView', view });
    },
    onExport: (file) => {
      context.post({ type: 'exportCharts', ...file });
    },
  });
  const settings = new TrainerSettings();
  const events = new EventList();

  const element = el('main', {}, [
    el('header', {}, [
      title,
      badge,
      facts,
      el('span', { class: 'grow' }),
      el('span', { class: 'actions' }, [cancel.element, openLine.element, tryModel.element, evaluate.element]),
    ]),
    model,
    headline.element,
    chart.element,
    settings.element,
    ...events.elements,
  ]);

  function render(state: JobPanelState): void {
    setText(title, state.title);
    setBadge(badge, state.status);
    setText(facts, [state.connectionName, state.model, progressOf(state), ...state.facts].filter(Boolean).join(' · '));
    show(model, state.fineTunedModel !== null);
    if (modelName.textContent !== state.fineTunedModel) setText(copied, '');
    setText(modelName, state.fineTunedModel ?? '');
    cancel.setShown(state.canCancel);
    openLine.setShown(state.canOpenLine === true);
    evaluate.setShown(state.canEvaluate);
    tryModel.setShown(state.canEvaluate);
    headline.set(state.headline);
    settings.set(state.settings ?? []);
    // A curve of many parts is drawn once.
    if (curve.length >= state.curveRows) chart.update(state);
  }

  return {
    element,
    receive: (message) => {
      if (message.type === 'state' && message.state.panel === 'job') {
        const { state } = message;
        curve.clear();
        curve.expect(state.curveRows);
        curve.merge(state.curve);
        // Curve and events live elsewhere from here on: they need not be kept twice.
        job = { ...state, curve: NO_TABLE, events: [] };
        events.set(state.events, state.eventCount);
        // What this page kept over a reload goes before what was kept with the job.
        if (!hasView && state.chartView !== undefined) chart.setView(state.chartView);
        hasView = true;
        render(job);
      } else if (message.type === 'jobPatch' && job) {
        const { patch } = message;
        curve.merge(patch.curve);
        job = { ...job, ...patch.fields };
        if (patch.events.length > 0 || patch.fields.eventCount !== undefined) events.add(patch.events, job.eventCount);
        render(job);
      }
    },
  };
}

function progressOf(state: JobPanelState): string {
  if (state.step === null || state.step === 0) return '';
  return state.totalSteps === null
    ? t('step {0}', state.step)
    : state.status === 'succeeded' && state.step === state.totalSteps
      ? tn(state.totalSteps, '{0} step', '{0} steps')
      : t('step {0}/{1}', state.step, state.totalSteps);
}
