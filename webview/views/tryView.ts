import * as z from 'zod/mini';
import type { TryPanelState } from '../../src/protocol/tryPanel.ts';
import { button, checkbox, choice, numberInput, textArea, textField } from '../components.ts';
import { el, setText, show } from '../dom.ts';
import { count } from '../../src/core/base/numbers.ts';
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
});
type Form = z.output<typeof savedTry>;

export function createTryView(context: ViewContext): View {
  let form: Form = savedTry.safeParse(context.saved ?? {}).data ?? savedTry.parse({});
  let state: TryPanelState | null = null;
  let matches: readonly DatasetRow[] = [];
  let shownRows: readonly DatasetRow[] | null = null;

  const title = el('h1');
  const facts = el('span', { class: 'dim' });
  const source = choice<Source>('What to ask', (value) => {
    change({ source: value });
  });

  const chooseDataset = button('Choose Dataset…', 'secondary', () => {
    context.post({ type: 'chooseDataset' });
  });
  const datasetName = el('span', { class: 'dim' });
  const filter = textField({
    label: 'Filter lines',
    value: form.filter,
    onInput: () => {
      change({ filter: filter.value() });
    },
  });
  const placeholder = new Placeholder();
  const lines = new VirtualTable<DatasetRow>({
    label: 'Lines of the dataset',
    columns: [
      { title: 'line', kind: 'number', cell: (row) => row.line },
      { title: 'text', kind: 'wide', cell: (row) => visibleLine(row.title), hint: (row) => visibleLine(row.title) },
    ],
    onOpen: (row) => {
      change({ line: row.line });
    },
  });
  const keepPrefix = checkbox('Keep the beginning of the answer (such as “Price is $”)', form.keepPrefix, () => {
    change({ keepPrefix: keepPrefix.checked() });
  });
  const linePart = el('div', { class: 'form' }, [
    el('div', { class: 'toolbar' }, [chooseDataset.element, datasetName]),
    filter.element,
    placeholder.element,
    lines.element,
    keepPrefix.element,
  ]);

  const system = textArea({ label: 'System message (optional)', value: form.system, rows: 2, onInput: readPrompt });
  const prompt = textArea({ label: 'Prompt', value: form.prompt, rows: 6, onInput: readPrompt });
  const prefix = textField({ label: 'Beginning of the answer (optional)', value: form.prefix, onInput: readPrompt });
  const promptPart = el('div', { class: 'form' }, [system.element, prompt.element, prefix.element]);

  const temperature = numberInput('Temperature', form.temperature ?? '', readSampling);
  const maxTokens = numberInput('Maximum tokens', form.maxTokens ?? '', readSampling);
  const seed = numberInput('Seed', form.seed ?? '', readSampling);
  const samplingProblem = el('p', { class: 'field-problem', attributes: { role: 'alert' } });
  const ask = button('Ask', 'primary', send);
  const stop = button('Stop', 'secondary', () => {
    context.post({ type: 'stopAsking' });
  });
  const busy = el('span', { class: 'dim', attributes: { role: 'status' } });
  const result = new TryResultSection();

  const element = el('main', {}, [
    el('header', {}, [title, facts]),
    el('div', { class: 'two-columns try' }, [
      el('section', { attributes: { 'aria-label': 'Question' } }, [
        source.element,
        linePart,
        promptPart,
        el('div', { class: 'toolbar sampling' }, [
          labelled('temperature', temperature.element),
          labelled('maximum tokens', maxTokens.element),
          labelled('seed', seed.element),
        ]),
        samplingProblem,
        el('div', { class: 'toolbar' }, [ask.element, stop.element, busy]),
      ]),
      result.element,
    ]),
  ]);
  prompt.element.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send();
  });

  function change(part: Partial<Form>): void {
    form = { ...form, ...part };
    context.save(form);
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

  /** The sampling as typed, or what is wrong with it. */
  function samplingOf(): TryPanelState['sampling'] | string {
    const read = (text: string | null, otherwise: number): number =>
      text === null || text.trim() === '' ? otherwise : Number(text.replace(',', '.'));
    const initial = state?.sampling ?? { temperature: 0, maxTokens: 16, seed: 42 };
    const values = {
      temperature: read(form.temperature, initial.temperature),
      maxTokens: read(form.maxTokens, initial.maxTokens),
      seed: read(form.seed, initial.seed),
    };
    if (!(values.temperature >= 0 && values.temperature <= 2)) return 'Temperature is a number from 0 to 2.';
    if (!(Number.isInteger(values.maxTokens) && values.maxTokens >= 1 && values.maxTokens <= 1_000_000)) {
      return 'Maximum tokens is a whole number from 1 on.';
    }
    if (!Number.isSafeInteger(values.seed)) return 'Seed is a whole number.';
    return values;
  }

  function chosenLine(): number | null {
    return state?.dataset?.rows.some((row) => row.line === form.line) === true ? form.line : null;
  }

  function render(current: TryPanelState): void {
    setText(title, `Try ${current.model}`);
    setText(facts, current.connectionName);
    source.setOptions(
      [
        { value: 'line', label: 'Line of a dataset' },
        { value: 'prompt', label: 'Typed prompt' },
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
    stop.setShown(current.busy);
    setText(
      busy,
      current.busy
        ? 'Asking the model…'
        : form.source === 'line' && form.line !== null && askable
          ? `line ${form.line}, its answer held back`
          : '',
    );
    result.update(current);
  }

  function renderLines({ dataset }: TryPanelState): void {
    show(filter.element, dataset !== null);
    show(keepPrefix.element, dataset !== null);
    const wanted = form.filter.trim().toLowerCase();
    const all = dataset?.rows ?? [];
    matches =
      wanted === ''
        ? all
        : all.filter((row) => row.title.toLowerCase().includes(wanted) || String(row.line) === wanted);
    show(lines.element, matches.length > 0);
    placeholder.set(
      dataset === null
        ? 'Choose a dataset to ask with one of its lines; the answer in the file is held back and shown beside the reply.'
        : all.length === 0
          ? 'This dataset has no line that can be asked.'
          : matches.length === 0
            ? 'No line matches the filter.'
            : null,
    );
    setText(
      datasetName,
      dataset === null
        ? ''
        : all.length < dataset.total
          ? `${dataset.name} · first ${count(all.length)} of ${count(dataset.total)} lines`
          : `${dataset.name} · ${count(dataset.total)} lines`,
    );
    // Another dataset: a line chosen in the old one means nothing.
    if (shownRows !== null && shownRows !== all && form.line !== null && chosenLine() === null)
      form = { ...form, line: null };
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
      render(state);
    },
  };
}

function labelled(text: string, input: HTMLElement): HTMLElement {
  return el('span', { class: 'control' }, [el('span', { attributes: { 'aria-hidden': 'true' } }, [text]), input]);
}
