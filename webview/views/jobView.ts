import { t, tn } from '../../src/core/base/messages.ts';
import type { JobPanelPatch, JobPanelState } from '../../src/protocol/jobPanel.ts';
import { MetricStore } from '../charts/metricStore.ts';
import { button, linkButton } from '../components.ts';
import { el, setChildren, setText, show } from '../dom.ts';
import { clock } from '../../src/core/base/times.ts';
import { count } from '../../src/core/base/numbers.ts';
import { JobChartSection } from './jobChartSection.ts';
import { heading, HeadlineBar, Placeholder, setBadge, type View, type ViewContext } from './parts.ts';

type JobEvents = JobPanelState['events'];

/** Events shown, the newest ones; more would take long to draw. The heading has the count of all. */
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
  const chart = new JobChartSection(store, context.saved, context.save);
  const events = heading('h2', t('Events'));
  const noEvents = new Placeholder();
  const eventList = el('tbody');
  const eventBox = el(
    'div',
    { class: 'events', attributes: { tabindex: 0, role: 'region', 'aria-label': t('Events') } },
    [el('table', { attributes: { 'aria-label': t('Events, newest first') } }, [eventList])],
  );

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
    noEvents.set(list.length === 0 ? t('Nothing has been reported yet.') : null);
    show(eventBox, list.length > 0);
    const rows = list.slice(0, MAX_EVENTS).map((event) =>
      el(
        'tr',
        {
          class: event.level === 'error' ? 'bad' : event.level === 'warn' || event.level === 'warning' ? 'warning' : '',
        },
        [el('td', { class: 'when' }, [clock(event.createdAt)]), el('td', {}, [eventText(event)])],
      ),
    );
    if (list.length > MAX_EVENTS) {
      rows.push(
        el('tr', {}, [
          el('td'),
          el('td', { class: 'dim' }, [
            tn(
              list.length - MAX_EVENTS,
              '{0} older event: see the job in the tree.',
              '{0} older events: see the job in the tree.',
            ),
          ]),
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
    ? t('step {0}', state.step)
    : state.status === 'succeeded' && state.step === state.totalSteps
      ? tn(state.totalSteps, '{0} step', '{0} steps')
      : t('step {0}/{1}', state.step, state.totalSteps);
}

/** The provider's message, with a word for its level: color alone does not tell it. */
function eventText({ level, message }: JobEvents[number]): string {
  if (level === 'error') return t('Error: {0}', message);
  return level === 'warn' || level === 'warning' ? t('Warning: {0}', message) : message;
}
