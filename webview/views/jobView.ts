import type { JobPanelPatch, JobPanelState } from '../../src/protocol/jobPanel.ts';
import { MetricStore } from '../charts/metricStore.ts';
import { button, linkButton } from '../components.ts';
import { el, setChildren, setText, show } from '../dom.ts';
import { clock } from '../../src/core/base/times.ts';
import { count, plural } from '../../src/core/base/numbers.ts';
import { JobChartSection } from './jobChartSection.ts';
import { heading, HeadlineBar, Placeholder, setBadge, type View, type ViewContext } from './parts.ts';

type JobEvents = JobPanelState['events'];

/** More lines than anyone reads would cost more than they tell; the count of all stands in the heading. */
const MAX_EVENTS = 500;

export function createJobView(context: ViewContext): View {
  const store = new MetricStore();
  let job: JobPanelState | null = null;

  const title = el('h1');
  const badge = el('span', { class: 'badge' });
  const facts = el('span', { class: 'dim' });
  const modelName = el('span', { class: 'mono' });
  const copied = el('span', { class: 'dim', attributes: { role: 'status' } });
  const model = el('div', { class: 'model-line' }, [
    modelName,
    linkButton('Copy', () => {
      context.post({ type: 'copyModelName' });
      setText(copied, 'copied');
    }),
    copied,
  ]);
  const cancel = button('Cancel', 'secondary', () => {
    context.post({ type: 'cancelJob' });
  });
  const tryModel = button('Try…', 'secondary', () => {
    context.post({ type: 'tryJob' });
  });
  const openLine = button('Open Line', 'secondary', () => {
    context.post({ type: 'openFailedLine' });
  });
  const evaluate = button('Evaluate…', 'primary', () => {
    context.post({ type: 'evaluateJob' });
  });
  const headline = new HeadlineBar();
  const chart = new JobChartSection(store, context.saved, context.save);
  const events = heading('h2', 'Events');
  const noEvents = new Placeholder();
  const eventList = el('tbody');
  const eventBox = el('div', { class: 'events', attributes: { tabindex: 0, role: 'region', 'aria-label': 'Events' } }, [
    el('table', { attributes: { 'aria-label': 'Events, newest first' } }, [eventList]),
  ]);

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
    events.element,
    noEvents.element,
    eventBox,
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
    chart.update(state);
    renderEvents(state.events);
  }

  function renderEvents(list: JobEvents): void {
    setText(events.note, list.length === 0 ? '' : count(list.length));
    noEvents.set(list.length === 0 ? 'Nothing has been reported yet.' : null);
    show(eventBox, list.length > 0);
    const rows = list.slice(0, MAX_EVENTS).map((event) =>
      el(
        'tr',
        {
          class: event.level === 'error' ? 'bad' : event.level === 'warn' || event.level === 'warning' ? 'warning' : '',
        },
        [el('td', { class: 'when' }, [clock(event.createdAt)]), el('td', {}, [levelWord(event.level), event.message])],
      ),
    );
    if (list.length > MAX_EVENTS) {
      rows.push(
        el('tr', {}, [
          el('td'),
          el('td', { class: 'dim' }, [`${plural(list.length - MAX_EVENTS, 'older event')}: see the job in the tree.`]),
        ]),
      );
    }
    setChildren(eventList, rows);
  }

  function patch(change: JobPanelPatch): void {
    if (!job) return;
    store.merge(change.metrics);
    const events = change.events.length === 0 ? job.events : mergeEvents(job.events, change.events);
    job = { ...job, ...change.fields, events };
    render(job);
  }

  return {
    element,
    receive: (message) => {
      if (message.type === 'state' && message.state.panel === 'job') {
        store.clear();
        store.merge(message.state.metrics);
        // The curve lives in the store from here on; the list of points need not be kept twice.
        job = { ...message.state, metrics: [] };
        render(job);
      } else if (message.type === 'jobPatch') {
        patch(message.patch);
      }
    },
  };
}

/** New events in front, changed ones in their place. */
function mergeEvents(known: JobEvents, changed: JobEvents): JobEvents {
  const byId = new Map(changed.map((event) => [event.id, event]));
  const kept = known.map((event) => {
    const newer = byId.get(event.id);
    byId.delete(event.id);
    return newer ?? event;
  });
  return [...byId.values(), ...kept].sort((a, b) => b.createdAt - a.createdAt);
}

function progressOf(state: JobPanelState): string {
  if (state.step === null || state.step === 0) return '';
  return state.totalSteps === null
    ? `step ${count(state.step)}`
    : state.status === 'succeeded' && state.step === state.totalSteps
      ? plural(state.totalSteps, 'step')
      : `step ${count(state.step)}/${count(state.totalSteps)}`;
}

/** Colour alone does not say what kind of line it is. */
function levelWord(level: string): string {
  return level === 'error' ? 'Error: ' : level === 'warn' || level === 'warning' ? 'Warning: ' : '';
}
