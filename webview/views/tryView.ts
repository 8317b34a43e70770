import * as z from 'zod/mini';
import { t, tn } from '../../src/core/base/messages.ts';
import { tryState, type TryPanelState } from '../../src/protocol/tryPanel.ts';
import { button, checkbox, choice, numberInput, textArea, textField } from '../components.ts';
import { el, setText, show } from '../dom.ts';
import { VirtualTable } from '../virtualTable.ts';
import { visibleLine } from '../visibleText.ts';
import { Placeholder, type View, type ViewContext } from './parts.ts';
import { TryResultSection } from './tryResult.ts';

type Source = 'line' | 'prompt';
type DatasetRow = NonNullable<TryPanelState['dataset']>['rows'][number];

const savedTry = z.object({
  source: z.catch(z.enum(['line', 'prompt']), 'line'),
  filter: z.catch(z.string(), ''),
  line: z.catch(z.nullable(z.number()), null),
  keepPrefix: z.catch(z.boolean(), true),
  system: z.catch(z.string(), ''),
  prompt: z.catch(z.string(), ''),
  prefix: z.catch(z.string(), ''),
  temperature: z.catch(z.nullable(z.string()), null),
  maxTokens: z.catch(z.nullable(z.string()), null),
  seed: z.catch(z.nullable(z.string()), null),
  /** Last reply: the extension forgets it when the window is reloaded. */
  result: z.catch(tryState.shape.result, null),
});
type Form = z.output<typeof savedTry>;

export function createTryView(context: ViewContext): View {
  let form: Form = savedTry.safeParse(context.saved ?? {}).data ?? savedTry.parse({});
  let state: TryPanelState | null = null;
  let kept: TryPanelState['result'] = form.result;
  let matches: readonly DatasetRow[] = [];
  let shownRows: readonly DatasetRow[] | null = null;
  /** Dataset and line that the extension chose last. */
  let takenOver: string | null = null;

  const title = el('h1');
  const facts = el('span', { class: 'dim' });
  const source = choice<Source>(t('Source of the question'), (value) => {
    change({ source: value });
  });

  const chooseDataset = button(t('Choose Dataset…'), 'secondary', () => {
    context.post({ type: 'chooseDataset' });
  });
  const datasetName = el('span', { class: 'dim' });
  const filter = textField({
    label: t('Filter lines'),
    value: form.filter,
    onInput: () => {
      change({ filter: filter.value() });
    },
  });
  const placeholder = new Placeholder();
  const lines = new VirtualTable<DatasetRow>({
    label: t('Lines of the dataset'),
    columns: [
      { title: t('line'), kind: 'number', cell: (row) => row.line },
      { title: t('text'), kind: 'wide', cell: (row) => visibleLine(row.title), hint: (row) => visibleLine(row.title) },
      {
        title: t('truth'),
        kind: 'narrow',
        cell: (row) => visibleLine(row.truth),
        hint: (row) => visibleLine(row.truth),
      },
    ],
    onOpen: (row) => {
      change({ line: row.line });
    },
  });
  const keepPrefix = checkbox('', form.keepPrefix, () => {
    change({ keepPrefix: keepPrefix.checked() });
  });
  const linePart = el('div', { class: 'form' }, [
    el('div', { class: 'toolbar' }, [chooseDataset.element, datasetName]),
    filter.element,
    placeholder.element,
    lines.element,
    keepPrefix.element,
  ]);

  const system = textArea({ label: t('System message (optional)'), value: form.system, rows: 2, onInput: readPrompt });
  const prompt = textArea({ label: t('Prompt'), value: form.prompt, rows: 6, onInput: readPrompt });
  const prefix = textField({ label: t('Beginning of the answer (optional)'), value: form.prefix, onInput: readPrompt });
  const promptPart = el('div', { class: 'form' }, [system.element, prompt.element, prefix.element]);

  const temperature = numberInput(t('Temperature'), form.temperature ?? '', readSampling);
  const maxTokens = numberInput(t('Maximum tokens'), form.maxTokens ?? '', readSampling);
  const seed = numberInput(t('Seed'), form.seed ?? '', readSampling);
  const samplingProblem = el('p', { class: 'field-problem', attributes: { role: 'alert' } });
  const ask = button(t('Ask'), 'primary', send);
  const next = button(t('Next Line'), 'secondary', askNext);
  next.element.title = t('Chooses the next line and asks it.');
  const stop = button(t('Stop'), 'secondary', () => {
    context.post({ type: 'stopAsking' });
  });
  const busy = el('span', { class: 'dim', attributes: { role: 'status' } });
  const result = new TryResultSection();

  const element = el('main', {}, [
    el('header', {}, [title, facts]),
    el('div', { class: 'two-columns try' }, [
      el('section', { attributes: { 'aria-label': t('Question') } }, [
        source.element,
        linePart,
        promptPart,
        el('div', { class: 'toolbar sampling' }, [
          labelled(t('temperature'), temperature.element),
          labelled(t('maximum tokens'), maxTokens.element),
          labelled(t('seed'), seed.element),
        ]),
        samplingProblem,
        el('div', { class: 'toolbar' }, [ask.element, next.element, stop.element, busy]),
      ]),
      result.element,
    ]),
  ]);
  prompt.element.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send();
  });

  function change(part: Partial<Form>): void {
    form = { ...form, ...part };
    context.save({ ...form, result: kept });
    if (state) render(state);
  }

  function readPrompt(): void {
    change({ system: system.value(), prompt: prompt.value(), prefix: prefix.value() });
  }

  function readSampling(): void {
    change({ temperature: temperature.value(), maxTokens: maxTokens.value(), seed: seed.value() });
  }

  function send(): void {
    if (!state || state.busy) return;
    const sampling = samplingOf();
    if (typeof sampling === 'string') return;
    if (form.source === 'line') {
      const line = chosenLine();
      if (line !== null) context.post({ type: 'askLine', line, keepPrefix: form.keepPrefix, sampling });
    } else if (form.prompt.trim() !== '') {
      context.post({ type: 'askPrompt', system: form.system, prompt: form.prompt, prefix: form.prefix, sampling });
    }
  }

  /** Line after the chosen one, among those shown. */
  function nextLine(): number | null {
    const at = matches.findIndex((row) => row.line === form.line);
    return at < 0 ? null : (matches[at + 1]?.line ?? null);
  }

  function askNext(): void {
    const line = nextLine();
    if (line === null || state?.busy !== false) return;
    change({ line });
    lines.scrollTo(matches.findIndex((row) => row.line === line));
    send();
  }

  /** The sampling as typed, or a sentence about its first mistake. */
  function samplingOf(): TryPanelState['sampling'] | string {
    const read = (text: string | null, otherwise: number): number =>
      text === null || text.trim() === '' ? otherwise : Number(text.replace(',', '.'));
    const initial = state?.sampling ?? { temperature: 0, maxTokens: 16, seed: 42 };
    const values = {
      temperature: read(form.temperature, initial.temperature),
      maxTokens: read(form.maxTokens, initial.maxTokens),
      seed: read(form.seed, initial.seed),
    };
    if (!(values.temperature >= 0 && values.temperature <= 2)) return t('Temperature is a number from 0 to 2.');
    if (!(Number.isInteger(values.maxTokens) && values.maxTokens >= 1 && values.maxTokens <= 1_000_000)) {
      return t('Maximum tokens is a whole number from 1 to {0}.', 1_000_000);
    }
    if (!Number.isSafeInteger(values.seed)) return t('Seed is a whole number.');
    return values;
  }

  function chosenLine(): number | null {
    return state?.dataset?.rows.some((row) => row.line === form.line) === true ? form.line : null;
  }

  function render(current: TryPanelState): void {
    setText(title, t('Try {0}', current.model));
    setText(facts, current.connectionName);
    source.setOptions(
      [
        { value: 'line', label: t('Line of a dataset') },
        { value: 'prompt', label: t('Typed prompt') },
      ],
      form.source,
    );
    show(linePart, form.source === 'line');
    show(promptPart, form.source === 'prompt');
    renderLines(current);

    temperature.setValue(form.temperature ?? String(current.sampling.temperature));
    maxTokens.setValue(form.maxTokens ?? String(current.sampling.maxTokens));
    seed.setValue(form.seed ?? String(current.sampling.seed));
    const sampling = samplingOf();
    setText(samplingProblem, typeof sampling === 'string' ? sampling : '');
    show(samplingProblem, typeof sampling === 'string');

    const askable = form.source === 'line' ? chosenLine() !== null : form.prompt.trim() !== '';
    ask.setEnabled(askable && !current.busy && typeof sampling !== 'string');
    next.setShown(form.source === 'line' && current.dataset !== null);
    next.setEnabled(nextLine() !== null && !current.busy && typeof sampling !== 'string');
    stop.setShown(current.busy);
    setText(
      busy,
      current.busy
        ? t('Asking the model…')
        : form.source === 'line' && form.line !== null && askable
          ? t('line {0}, its answer held back', form.line)
          : '',
    );
    result.update(current.result === null ? { ...current, result: kept } : current);
  }

  function renderLines({ dataset }: TryPanelState): void {
    const prefixKept = dataset?.prefix ?? null;
    show(filter.element, dataset !== null);
    show(keepPrefix.element, prefixKept !== null);
    keepPrefix.setLabel(t('Keep the beginning of the answer, “{0}”', visibleLine(prefixKept ?? '')));
    const wanted = form.filter.trim().toLowerCase();
    const all = dataset?.rows ?? [];
    matches =
      wanted === ''
        ? all
        : all.filter((row) => row.title.toLowerCase().includes(wanted) || String(row.line) === wanted);
    show(lines.element, matches.length > 0);
    placeholder.set(
      dataset === null
        ? t(
            'Choose a dataset to ask with one of its lines; the answer in the file is held back and shown beside the reply.',
          )
        : all.length === 0
          ? t('This dataset has no line that can be asked.')
          : matches.length === 0
            ? t('No line matches the filter.')
            : null,
    );
    setText(
      datasetName,
      dataset === null
        ? ''
        : all.length < dataset.total
          ? t('{0} · first {1} of {2} lines', dataset.name, all.length, dataset.total)
          : tn(dataset.total, '{1} · {0} line', '{1} · {0} lines', dataset.name),
    );
    // Another dataset: a line chosen in the old one means nothing.
    if (shownRows !== null && shownRows !== all && form.line !== null && chosenLine() === null)
      form = { ...form, line: null };
    // Something is chosen from the start, and what was chosen elsewhere (a row of an evaluation) is taken over.
    const proposed = dataset?.chosen ?? null;
    const offer = dataset === null ? null : JSON.stringify([dataset.name, dataset.total, proposed]);
    if (proposed !== null && offer !== takenOver && all.some((row) => row.line === proposed)) {
      // Not over a line that the page remembers from before a reload.
      if (takenOver !== null || form.line === null) form = { ...form, line: proposed };
      takenOver = offer;
    }
    shownRows = all;
    lines.setRows(matches.length, (index) => matches[index]);
    const chosen = matches.findIndex((row) => row.line === form.line);
    lines.select(chosen < 0 ? null : chosen);
  }

  return {
    element,
    receive: (message) => {
      if (message.type !== 'state' || message.state.panel !== 'try') return;
      state = message.state;
      if (state.result !== null) {
        kept = state.result;
        context.save({ ...form, result: kept });
      }
      render(state);
    },
  };
}

function labelled(text: string, input: HTMLElement): HTMLElement {
  return el('span', { class: 'control' }, [el('span', { attributes: { 'aria-hidden': 'true' } }, [text]), input]);
}
