import { t, tn } from '../../../src/core/base/messages.ts';
import { rowKey } from '../../../src/core/training/compare/jobRow.ts';
import { MetricColumns } from '../../../src/core/training/curves/columns.ts';
import type { ComparedJob, DataChange } from '../../../src/protocol/comparePanel.ts';
import type { ChartRun } from '../../charts/curves/lines.ts';
import { el, setText, show } from '../../dom.ts';
import { CurveSection } from '../curves/curveSection.ts';
import { Placeholder, type View, type ViewContext } from '../parts.ts';
import { nameOf } from './jobsTable.ts';
import { SettingsTable } from './settingsTable.ts';

interface Compared {
  job: ComparedJob;
  readonly curve: MetricColumns;
}

/** Curves of several jobs in one chart, under the settings in which they differ. */
export function createCompareView(context: ViewContext): View {
  const jobs = new Map<string, Compared>();
  let changes: readonly DataChange[] = [];

  const count = el('span', { class: 'dim' });
  const missing = el('p', { class: 'headline warning' });
  const settings = new SettingsTable(({ connectionId, jobId }) => {
    context.post({ type: 'openJobRow', job: { connectionId, jobId } });
  });
  const placeholder = new Placeholder();
  const section = new CurveSection(context.saved, {
    save: context.save,
    onExport: (file) => {
      context.post({ type: 'exportCharts', ...file });
    },
  });
  const element = el('main', {}, [
    el('header', {}, [el('h1', {}, [t('Compare Charts')]), count]),
    missing,
    settings.element,
    el('section', { attributes: { 'aria-label': t('Metrics') } }, [placeholder.element, section.element]),
  ]);
  show(missing, false);

  function render(): void {
    const all = [...jobs.values()];
    setText(count, tn(all.length, '{0} job', '{0} jobs'));
    settings.update(
      all.map(({ job }) => job.row),
      changes,
    );
    // Curves of many parts are drawn once.
    if (all.some(({ job, curve }) => curve.length < job.curveRows)) {
      placeholder.set(t('Reading the curves.'));
      show(section.element, false);
      return;
    }
    const isEmpty = all.every(({ curve }) => curve.names.length === 0);
    placeholder.set(isEmpty ? t('None of these jobs has reported a metric yet.') : null);
    show(section.element, !isEmpty);
    if (!isEmpty) section.update(all.map(({ job, curve }) => runOf(job, curve)));
  }

  return {
    element,
    receive: (message) => {
      if (message.type === 'state' && message.state.panel === 'compare') {
        const { state } = message;
        jobs.clear();
        for (const job of state.jobs) {
          const curve = new MetricColumns();
          curve.expect(job.curveRows);
          jobs.set(rowKey(job.row), { job, curve });
        }
        changes = state.changes;
        setText(
          missing,
          tn(
            state.missing,
            '{0} of the jobs is no longer known on this machine.',
            '{0} of the jobs are no longer known on this machine.',
          ),
        );
        show(missing, state.missing > 0);
        render();
      } else if (message.type === 'comparePatch') {
        const compared = jobs.get(message.job);
        if (!compared) return;
        compared.curve.merge(message.curve);
        // Rows of later messages are not waited for.
        if (message.facts)
          compared.job = { ...message.facts, curveRows: Math.min(message.facts.curveRows, compared.curve.length) };
        render();
      } else if (message.type === 'compareChanges') {
        changes = message.changes;
        render();
      }
    },
  };
}

function runOf(job: ComparedJob, curve: MetricColumns): ChartRun {
  return {
    id: rowKey(job.row),
    name: nameOf(job.row),
    curve,
    marks: job.checkpoints,
    totalSteps: job.totalSteps,
    scale: job.scale,
    unconditional: job.unconditional ?? null,
    isLive: job.isLive,
  };
}
