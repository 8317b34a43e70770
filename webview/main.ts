import { ENGLISH, speak, type Language } from '../src/core/base/messages.ts';
import type { JobPanelState } from '../src/protocol/jobPanel.ts';
import type { PanelState } from '../src/protocol/panelMessages.ts';
import type { SavedPanel } from '../src/protocol/savedPanel.ts';
import type { TryPanelState } from '../src/protocol/tryPanel.ts';
import { registerComponents } from './components.ts';
import { connect } from './rpc.ts';
import { createCurveFilesView } from './views/curveFilesView.ts';
import { createEvaluationView } from './views/evaluationView.ts';
import { createJobView } from './views/jobView.ts';
import { createCompareView } from './views/jobs/compareView.ts';
import { createJobsView } from './views/jobs/jobsView.ts';
import { createLeaveView } from './views/leaveView.ts';
import type { View, ViewContext } from './views/parts.ts';
import { createReportView } from './views/reportView.ts';
import { createTryView } from './views/tryView.ts';

const VIEWS: Readonly<Record<string, (context: ViewContext) => View>> = {
  job: createJobView,
  jobs: createJobsView,
  compare: createCompareView,
  curve: createCurveFilesView,
  evaluation: createEvaluationView,
  try: createTryView,
  report: createReportView,
  leave: createLeaveView,
};

/** Language that the extension wrote into the page. */
function languageOf(json: string | undefined): Language {
  return json === undefined ? ENGLISH : (JSON.parse(json) as Language);
}

/** State that a window needs to open this panel again. */
function savedPanel(state: PanelState, view: unknown): SavedPanel {
  switch (state.panel) {
    case 'job':
      return { v: 1, panel: 'job', ...connectionOf(state), jobId: state.jobId, view };
    case 'jobs':
      return { v: 1, panel: 'jobs', view };
    case 'compare':
      return {
        v: 1,
        panel: 'compare',
        jobs: state.jobs.map(({ row: { connectionId, jobId } }) => ({ connectionId, jobId })),
        view,
      };
    case 'curve':
      return { v: 1, panel: 'curve', paths: state.paths, view };
    case 'evaluation':
      return { v: 1, panel: 'evaluation', runId: state.run.id, view };
    case 'try':
      return { v: 1, panel: 'try', ...connectionOf(state), model: state.model, view };
    case 'report':
      return { v: 1, panel: 'report', file: state.file, against: state.against, view };
    case 'leave':
      return { v: 1, panel: 'leave', connectionId: state.connectionId, folder: state.folder, view };
  }
}

/** Names a connection by its id: it may be renamed before the window comes back. */
function connectionOf({ connectionId, connectionName }: JobPanelState | TryPanelState) {
  return { connectionId, connectionName };
}

speak(languageOf(document.body.dataset['language']));
registerComponents();
const host = connect((message) => {
  if (message.type === 'state') {
    // Null, since the state is kept as JSON, which would drop an undefined field.
    saved = savedPanel(message.state, saved?.view ?? null);
    host.save(saved);
  }
  view?.receive(message);
});
const panel = document.body.dataset['panel'] ?? '';
const before = host.saved();
let saved: SavedPanel | undefined = before?.panel === panel ? before : undefined;
const view = VIEWS[panel]?.({
  post: host.post,
  saved: saved?.view,
  save: (state) => {
    // Before the first state there is no subject, and nothing the user could have changed.
    if (!saved) return;
    saved = { ...saved, view: state };
    host.save(saved);
  },
});
if (view) document.getElementById('root')?.replaceChildren(view.element);
host.post({ type: 'ready' });
