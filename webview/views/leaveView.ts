import { t, tn } from '../../src/core/base/messages.ts';
import type { LeavePanelState, LeavingRow, RunLink } from '../../src/protocol/leavePanel.ts';
import { button, linkButton } from '../components.ts';
import { el, setChildren, setText, show } from '../dom.ts';
import { visibleLine } from '../visibleText.ts';
import { heading, HeadlineBar, Placeholder, type View, type ViewContext } from './parts.ts';

/** Page on which a provider is left: inventory with what can be done for each model, downloads, and the document. */
export function createLeaveView(context: ViewContext): View {
  const title = el('h1');
  const facts = el('span', { class: 'dim' });
  const again = button(t('Read Again'), 'secondary', () => {
    context.post({ type: 'leaveRefresh' });
  });
  const headline = new HeadlineBar();
  const problems = el('div', { class: 'problems', attributes: { role: 'status' } });
  const placeholder = new Placeholder();
  const models = new ModelsTable(context);
  const take = new TakeSection(context);
  const documentText = el('p');
  const write = button(t('Write Document'), 'primary', () => {
    context.post({ type: 'leaveDocument' });
  });
  const there = heading('h2', t('What is there'));
  const along = heading('h2', t('Take along'));
  const others = heading('h2', t('Show to others'));
  const element = el('main', { class: 'leave' }, [
    el('header', {}, [title, facts, el('span', { class: 'actions' }, [again.element])]),
    headline.element,
    problems,
    el('section', { attributes: { 'aria-label': t('What is there') } }, [
      there.element,
      placeholder.element,
      models.element,
    ]),
    el('section', { attributes: { 'aria-label': t('Take along') } }, [along.element, take.element]),
    el('section', { attributes: { 'aria-label': t('Show to others') } }, [
      others.element,
      documentText,
      el('div', { class: 'toolbar' }, [write.element]),
    ]),
  ]);

  function render(state: LeavePanelState): void {
    setText(title, t('Leave {0}', state.provider));
    setText(
      facts,
      [
        tn(state.models.length, '{0} tuned model', '{0} tuned models'),
        tn(state.jobs, '{0} job', '{0} jobs'),
        ...(state.files === null ? [] : [tn(state.files, '{0} file there', '{0} files there')]),
      ].join(' · '),
    );
    again.setEnabled(!state.isReading);
    headline.set(headlineOf(state));
    setChildren(
      problems,
      state.problems.map((problem) => el('p', {}, [problem])),
    );
    show(problems, state.problems.length > 0);
    const isEmpty = state.models.length === 0;
    placeholder.set(
      !isEmpty
        ? null
        : state.isReading
          ? t('Reading what is there. Nothing is changed, and nothing costs money.')
          : t('No tuned model of this provider is known.'),
    );
    models.update(state.models);
    take.update(state);
    setText(
      documentText,
      state.hasDocument
        ? t('The document is in the folder. Write it again after each step: it has what was done until then.')
        : t('One document says what was there, what was taken and recorded, and whether each replacement is as good.'),
    );
    write.setLabel(state.hasDocument ? t('Write Document Again') : t('Write Document'));
    write.setEnabled(!state.isReading && state.busy === null && !isEmpty);
  }

  return {
    element,
    receive: (message) => {
      if (message.type === 'state' && message.state.panel === 'leave') render(message.state);
    },
  };
}

/** What matters now: the claim is bold, the reason behind it is not. */
function headlineOf({ models, provider }: LeavePanelState): Parameters<HeadlineBar['set']>[0] {
  const of = (tone: 'neutral' | 'warning' | 'good', strong: string, reason: string) => ({
    tone,
    text: `${strong} ${reason}`,
    strong,
  });
  const open = models.filter(({ recording }) => recording?.state !== 'whole');
  const urgent = open.find(({ isUrgent, canRecord }) => isUrgent && canRecord);
  if (urgent !== undefined && urgent.deadline !== null) {
    return of(
      'warning',
      t('{0}: {1}.', visibleLine(urgent.title), urgent.deadline),
      t('Until then its answers can be recorded; afterwards nobody can tell whether a replacement is as good.'),
    );
  }
  if (models.length > 0 && open.length === 0) {
    return of(
      'good',
      t('The answers of all models are recorded.'),
      t('Replacements can be judged by them, also after {0} has closed.', provider),
    );
  }
  return of(
    'neutral',
    t('Record what your models answer while they do: a replacement is judged by it.'),
    t('Nothing is deleted at {0}.', provider),
  );
}

/** Table of the models, one row a model, with what can be done for it. */
class ModelsTable {
  readonly #context: ViewContext;
  readonly #body = el('tbody');
  readonly element: HTMLElement;
  #drawn = '';

  constructor(context: ViewContext) {
    this.#context = context;
    const heads = [
      t('Model'),
      t('Base model'),
      t('Days left'),
      t('Training file'),
      t('Last evaluation'),
      t('Recorded answers'),
      t('Replacement'),
      t('Next step'),
    ];
    this.element = el('div', { class: 'scroll' }, [
      el('table', { class: 'leaving', attributes: { 'aria-label': t('Models') } }, [
        el('thead', {}, [
          el(
            'tr',
            {},
            heads.map((head) => el('th', { attributes: { scope: 'col' } }, [head])),
          ),
        ]),
        this.#body,
      ]),
    ]);
  }

  update(models: readonly LeavingRow[]): void {
    show(this.element, models.length > 0);
    const drawn = JSON.stringify(models);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    // The rows change while the keyboard may be in them: it goes back to the same button.
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset['key'] : undefined;
    setChildren(
      this.#body,
      models.map((model) => this.#row(model)),
    );
    if (focused === undefined) return;
    for (const one of this.#body.querySelectorAll<HTMLElement>('[data-key]'))
      if (one.dataset['key'] === focused) one.focus();
  }

  #row(row: LeavingRow): HTMLElement {
    const { model, recording } = row;
    return el('tr', {}, [
      el('th', { attributes: { scope: 'row' } }, [
        el('div', {}, [visibleLine(row.title)]),
        el('div', { class: 'dim name' }, [visibleLine(model)]),
      ]),
      el('td', { class: 'name' }, [row.base === null ? '–' : visibleLine(row.base)]),
      el('td', { class: row.isUrgent ? 'urgent' : '' }, [row.deadline ?? '–']),
      el('td', {}, [row.trainingFile]),
      el('td', {}, [row.lastEvaluation === null ? '–' : this.#link(row.lastEvaluation, `last ${model}`)]),
      el('td', {}, recording === null ? ['–'] : [this.#link(recording, `recording ${model}`)]),
      el(
        'td',
        {},
        row.replacements.length === 0
          ? ['–']
          : row.replacements.map((one) =>
              el('div', { class: `dotted ${one.tone}` }, [this.#link(one, `replacement ${one.run}`)]),
            ),
      ),
      el('td', {}, [el('div', { class: 'steps' }, this.#steps(row))]),
    ]);
  }

  #steps({ model, title, recording, canRecord, canTrain }: LeavingRow): readonly HTMLElement[] {
    const { post } = this.#context;
    const steps: HTMLElement[] = [];
    const step = (label: string, type: 'leaveRecord' | 'leaveTrain' | 'leaveReplace'): void => {
      const link = linkButton(label, () => {
        post({ type, model });
      });
      link.dataset['key'] = `${type} ${model}`;
      link.setAttribute('aria-label', t('{0}: {1}', visibleLine(title), label));
      steps.push(link);
    };
    const isRecorded = recording !== null && recording.state !== 'none';
    if (canRecord && recording?.state !== 'whole' && recording?.state !== 'running')
      step(isRecorded ? t('Record the Rest…') : t('Record Answers…'), 'leaveRecord');
    if (canTrain) step(t('Train a Replacement…'), 'leaveTrain');
    if (isRecorded && recording.state !== 'running') step(t('Evaluate a Replacement…'), 'leaveReplace');
    return steps.length === 0 ? [el('span', { class: 'dim' }, ['–'])] : steps;
  }

  #link({ run, text }: RunLink, key: string): HTMLElement {
    const link = linkButton(text, () => {
      this.#context.post({ type: 'leaveOpenRun', run });
    });
    link.dataset['key'] = key;
    return link;
  }
}

/** Downloads: what was taken, and what could not be had. */
class TakeSection {
  readonly #text = el('p');
  readonly #start;
  readonly #cancel;
  readonly #folder;
  readonly #progress = el('progress');
  readonly #progressText = el('span', { class: 'dim', attributes: { role: 'status' } });
  readonly #running;
  readonly #missing = el('div');
  readonly element: HTMLElement;

  constructor({ post }: ViewContext) {
    this.#start = button(t('Download Everything…'), 'primary', () => {
      post({ type: 'leaveDownload' });
    });
    this.#cancel = button(t('Cancel'), 'secondary', () => {
      post({ type: 'leaveCancel' });
    });
    this.#folder = button(t('Show Folder'), 'secondary', () => {
      post({ type: 'leaveFolder' });
    });
    this.#running = el('div', { class: 'toolbar' }, [this.#progress, this.#progressText, this.#cancel.element]);
    this.element = el('div', {}, [
      this.#text,
      el('div', { class: 'toolbar' }, [this.#start.element, this.#folder.element]),
      this.#running,
      this.#missing,
    ]);
  }

  update({ taken, folder, busy, isReading }: LeavePanelState): void {
    setText(
      this.#text,
      taken === null || folder === null
        ? t(
            'Training, validation and result files, settings, events and curves go into a folder with an index. Each is verified by its hash; nothing is deleted at the provider.',
          )
        : tn(
            taken.files,
            '{0} file, {1}, verified by its hash, is in {2}.',
            '{0} files, {1}, verified by their hashes, are in {2}.',
            taken.bytes,
            folder,
          ),
    );
    this.#start.setLabel(taken === null ? t('Download Everything…') : t('Download What Is New'));
    this.#start.setEnabled(busy === null && !isReading);
    this.#folder.setShown(folder !== null);
    show(this.#running, busy !== null);
    if (busy !== null) {
      this.#progress.max = Math.max(1, busy.of);
      this.#progress.value = busy.done;
      this.#progress.setAttribute('aria-label', t('Downloads'));
      setText(this.#progressText, t('{0} of {1}: {2}', busy.done + 1, busy.of, visibleLine(busy.text)));
    }
    const missing = taken?.missing ?? [];
    setChildren(
      this.#missing,
      missing.length === 0
        ? []
        : [
            el('h3', {}, [t('What could not be had')]),
            el('table', { attributes: { 'aria-label': t('What could not be had') } }, [
              el('thead', {}, [
                el(
                  'tr',
                  {},
                  [t('What it is'), t('Id'), t('Why')].map((head) =>
                    el('th', { attributes: { scope: 'col' } }, [head]),
                  ),
                ),
              ]),
              el(
                'tbody',
                {},
                missing.map(({ what, id, reason }) =>
                  el('tr', {}, [el('td', {}, [what]), el('td', {}, [visibleLine(id)]), el('td', {}, [reason])]),
                ),
              ),
            ]),
          ],
    );
  }
}
