// The seam over the window with a script in place of the person: what is asked must be asked in this order, in these words, and
// everything that stands in the script must be asked.
import { onTestFinished } from 'vitest';
import type * as vscode from 'vscode';
import {
  Back,
  type InputOptions,
  type ListOptions,
  type PickOptions,
  type Report,
  type StepPlace,
  type Ui,
} from '../../src/extension/ui/ui.ts';

/** The whole text, or what must occur in it. */
export type Words = string | RegExp;

/** The person closes what is asked. */
export const CLOSED = Symbol('closed');
/** The person presses the back button of a wizard. */
export const BACK = Symbol('back');

/** The person takes what is proposed. */
export const AS_IT_IS = Symbol('as it is');

type Answer<T> = T | typeof CLOSED;

/** One thing that is asked or told, by its words, and what the person does about it. */
export type Line =
  /**
   * A list, by its placeholder; the answer is the label of one item, AS_IT_IS the one that Enter takes. `offers`: labels that must
   * be there as well. `reads`: items that must be there, as `label: description`, `details`: details of items that must be there. `at`: its place, as `1/3`, or nothing.
   */
  | {
      readonly pick: Words;
      readonly title?: Words;
      readonly offers?: readonly Words[];
      readonly reads?: readonly Words[];
      readonly details?: readonly Words[];
      readonly at?: string;
      readonly answer: Answer<Words> | typeof AS_IT_IS | typeof BACK;
    }
  /** A list with ticks; the answer is the labels that are ticked at the end, AS_IT_IS the ones that are ticked at first. */
  | { readonly pickMany: Words; readonly answer: Answer<readonly Words[]> | typeof AS_IT_IS | typeof BACK }
  /** A line of text by its prompt; AS_IT_IS takes the proposal. `refused`: texts that are typed before and why they are not taken. */
  | {
      readonly input: Words;
      readonly title?: Words;
      readonly refused?: readonly (readonly [string, Words])[];
      readonly answer: Answer<string> | typeof AS_IT_IS | typeof BACK;
    }
  /** A modal question; the answer is one of its buttons. */
  | { readonly modal: Words; readonly detail?: Words; readonly answer: Answer<Words> }
  | {
      readonly notify: Words;
      readonly kind: 'information' | 'warning' | 'error';
      readonly actions?: readonly string[];
      readonly answer?: Answer<Words>;
    }
  | { readonly openDialog: Words; readonly answer: Answer<readonly vscode.Uri[]> }
  | { readonly saveDialog: Words; readonly answer: Answer<vscode.Uri> }
  | { readonly status: Words }
  | { readonly copy: Words }
  | { readonly openExternal: Words; readonly answer: boolean };

type Kind =
  'pick' | 'pickMany' | 'input' | 'modal' | 'notify' | 'openDialog' | 'saveDialog' | 'status' | 'copy' | 'openExternal';
type LineOf<K extends Kind> = Extract<Line, { readonly [key in K]: Words }>;

export class UiDouble implements Ui {
  readonly #script: Line[];
  readonly #wrong: string[] = [];
  /** Titles of what went on with a progress notification. */
  readonly tasks: string[] = [];

  constructor(script: readonly Line[] = []) {
    this.#script = [...script];
  }

  /** What is asked from now on, after the rest of the script. */
  expect(...lines: readonly Line[]): void {
    this.#script.push(...lines);
  }

  /** @throws Error when something was asked that was not expected, also when the code under test swallowed that, or was not asked */
  done(): void {
    const left = this.#script.map((line) => `Not asked: ${inWords(line)}`);
    const wrong = [...this.#wrong, ...left];
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
  }

  async pick<T extends vscode.QuickPickItem>(
    items: readonly T[],
    { title, placeHolder, place, later, active }: PickOptions<T>,
  ): Promise<T | undefined> {
    const line = await this.#asked('pick', placeHolder ?? '', `list of ${labels(items)}`);
    const all = later === undefined ? items : await later(new AbortController().signal);
    this.#titled(line, title);
    for (const offer of line.offers ?? []) this.#itemOf(all, offer);
    const texts = all.map(({ label, description }) => `${label}: ${description ?? ''}`);
    for (const words of line.reads ?? [])
      if (!texts.some((text) => fits(words, text))) this.#fail(`No item reads ${show(words)}:\n${texts.join('\n')}`);
    for (const words of line.details ?? [])
      if (!all.some(({ detail }) => detail !== undefined && fits(words, detail)))
        this.#fail(`No item has the detail ${show(words)}.`);
    const at = place?.step === undefined ? '' : `${String(place.step)}/${String(place.totalSteps)}`;
    if (line.at !== undefined && line.at !== at) this.#fail(`It is at “${at}”, not at “${line.at}”.`);
    if (line.answer === CLOSED) return undefined;
    if (line.answer === BACK) return this.#back(place);
    if (line.answer === AS_IT_IS) return active ?? all[0];
    return this.#itemOf(all, line.answer);
  }

  async pickMany<T extends vscode.QuickPickItem>(
    items: readonly T[],
    { placeHolder, place }: ListOptions,
  ): Promise<readonly T[] | undefined> {
    const { answer } = await this.#asked('pickMany', placeHolder ?? '', `list of ${labels(items)}`);
    if (answer === CLOSED) return undefined;
    if (answer === BACK) return this.#back(place);
    if (answer === AS_IT_IS) return items.filter((item) => item.picked === true);
    const chosen = answer.map((label) => this.#itemOf(items, label));
    return items.filter((item) => chosen.includes(item));
  }

  async input({ title, prompt, value, validateInput, place, ...box }: InputOptions): Promise<string | undefined> {
    const line = await this.#asked('input', prompt ?? '', `proposed: “${value ?? ''}”`);
    const { refused, answer } = line;
    this.#titled(line, title);
    if (SECRET.test(prompt ?? '') && box.password !== true) this.#fail(`“${prompt ?? ''}” is typed in plain sight.`);
    for (const [text, why] of refused ?? []) {
      const reason = validateInput?.(text) ?? null;
      if (reason === null || !fits(why, reason)) {
        this.#fail(
          `“${text}” should be refused with ${show(why)}, and is ${reason === null ? 'taken' : `refused with “${reason}”`}.`,
        );
      }
    }
    if (answer === CLOSED) return undefined;
    if (answer === BACK) return this.#back(place);
    const text = answer === AS_IT_IS ? (value ?? '') : answer;
    const reason = validateInput?.(text) ?? null;
    if (reason !== null) this.#fail(`“${text}” is not taken: ${reason}`);
    return text;
  }

  async modal(question: string, detail: string, ...buttons: readonly string[]): Promise<string | undefined> {
    const line = await this.#asked('modal', question, buttons.join(' | '));
    if (line.detail !== undefined && !fits(line.detail, detail))
      this.#fail(`The detail is “${detail}”, not ${show(line.detail)}.`);
    return line.answer === CLOSED ? undefined : this.#buttonOf(buttons, line.answer);
  }

  async notify(
    kind: 'information' | 'warning' | 'error',
    text: string,
    ...actions: readonly string[]
  ): Promise<string | undefined> {
    const line = await this.#asked('notify', text, [kind, ...actions].join(' | '));
    if (line.kind !== kind) this.#fail(`“${text}” is told as ${kind}, not as ${line.kind}.`);
    if (line.actions !== undefined && line.actions.join(' | ') !== actions.join(' | ')) {
      this.#fail(`“${text}” offers ${actions.join(' | ')}, not ${line.actions.join(' | ')}.`);
    }
    const { answer = CLOSED } = line;
    return answer === CLOSED ? undefined : this.#buttonOf(actions, answer);
  }

  async progress<T>(title: string, _onCancel: () => void, run: (report: Report) => Promise<T>): Promise<T> {
    this.tasks.push(title);
    return run(() => undefined);
  }

  async openDialog({ title }: vscode.OpenDialogOptions): Promise<readonly vscode.Uri[] | undefined> {
    const { answer } = await this.#asked('openDialog', title ?? '', '');
    return answer === CLOSED ? undefined : answer;
  }

  async saveDialog({ title }: vscode.SaveDialogOptions): Promise<vscode.Uri | undefined> {
    const { answer } = await this.#asked('saveDialog', title ?? '', '');
    return answer === CLOSED ? undefined : answer;
  }

  status(text: string): void {
    this.#next('status', text, '');
  }

  async copy(text: string): Promise<void> {
    await this.#asked('copy', text, '');
  }

  async openExternal(uri: vscode.Uri): Promise<boolean> {
    return (await this.#asked('openExternal', uri.toString(), '')).answer;
  }

  /** Held against the script at once; the answer comes in a later turn, as in the window. */
  #asked<K extends Kind>(kind: K, text: string, more: string): Promise<LineOf<K>> {
    return new Promise((resolve) => {
      resolve(this.#next(kind, text, more));
    });
  }

  #next<K extends Kind>(kind: K, text: string, more: string): LineOf<K> {
    const line = this.#script[0];
    const asked = `${kind} “${text}”${more === '' ? '' : ` (${more})`}`;
    if (line === undefined) return this.#fail(`Not expected: ${asked}`);
    if (!isOf(kind, line) || !fits(line[kind], text))
      return this.#fail(`Not expected: ${asked}\n  next was: ${inWords(line)}`);
    this.#script.shift();
    return line;
  }

  #itemOf<T extends vscode.QuickPickItem>(items: readonly T[], label: Words): T {
    // A heading cannot be chosen.
    const found = items.filter((item) => Number(item.kind) !== SEPARATOR && fits(label, item.label));
    const [item] = found;
    if (item !== undefined && found.length === 1) return item;
    return this.#fail(`${String(found.length)} items are ${show(label)}; the list has ${labels(items)}.`);
  }

  #titled(line: { readonly title?: Words }, title = ''): void {
    if (line.title !== undefined && !fits(line.title, title))
      this.#fail(`The title is “${title}”, not ${show(line.title)}.`);
  }

  #buttonOf(buttons: readonly string[], answer: Words): string {
    const found = buttons.filter((button) => fits(answer, button));
    const [button] = found;
    if (button !== undefined && found.length === 1) return button;
    return this.#fail(`${String(found.length)} buttons are ${show(answer)}; there are ${buttons.join(' | ')}.`);
  }

  #back(place: StepPlace | undefined): never {
    if (place?.canGoBack === true) throw new Back();
    return this.#fail('There is no way back from here.');
  }

  /** Told at once, and again at the end: what is under test may say nothing of it. */
  #fail(message: string): never {
    this.#wrong.push(message);
    throw new Error(message);
  }
}

/** A double whose script is held against what was asked when the test has ended. */
export function uiDouble(...script: readonly Line[]): UiDouble {
  const ui = new UiDouble(script);
  onTestFinished(() => {
    ui.done();
  });
  return ui;
}

/** Prompts of boxes for keys and tokens, all of which are masked. */
const SECRET = /secret storage|^API key/i;

/** As in `vscode.QuickPickItemKind`. */
const SEPARATOR = -1;

function isOf<K extends Kind>(kind: K, line: Line): line is LineOf<K> {
  return kind in line;
}

function fits(words: Words, text: string): boolean {
  return typeof words === 'string' ? words === text : words.test(text);
}

function show(words: Words): string {
  return typeof words === 'string' ? `“${words}”` : String(words);
}

function labels(items: readonly vscode.QuickPickItem[]): string {
  return items.map(({ label }) => `“${label}”`).join(', ') || 'nothing';
}

function inWords(line: Line): string {
  const [[kind, words] = ['', '']] = Object.entries(line);
  return `${kind} ${show(words as Words)}`;
}
