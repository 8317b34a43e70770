// The one file that knows which component library draws buttons and fields. The toolkit is archived upstream:
// a successor is a change here and nowhere else.
import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeCheckbox,
  vsCodeTextArea,
  vsCodeTextField,
  type Button,
  type Checkbox,
  type TextArea,
  type TextField,
} from '@vscode/webview-ui-toolkit';
import { el, setAttribute, setText } from './dom.ts';

declare global {
  interface HTMLElementTagNameMap {
    'vscode-button': Button;
    'vscode-checkbox': Checkbox;
    'vscode-text-area': TextArea;
    'vscode-text-field': TextField;
  }
}

/** Registers the components with the page; before any is created. */
export function registerComponents(): void {
  provideVSCodeDesignSystem().register(vsCodeButton(), vsCodeCheckbox(), vsCodeTextArea(), vsCodeTextField());
}

export interface ButtonHandle {
  readonly element: HTMLElement;
  readonly setLabel: (label: string) => void;
  readonly setEnabled: (enabled: boolean) => void;
  readonly setShown: (shown: boolean) => void;
  /** Marks a toggle button as pressed. */
  readonly setPressed: (pressed: boolean) => void;
}

export function button(label: string, appearance: 'primary' | 'secondary', onClick: () => void): ButtonHandle {
  const element = document.createElement('vscode-button');
  element.setAttribute('appearance', appearance);
  setText(element, label);
  element.addEventListener('click', () => {
    if (!element.disabled) onClick();
  });
  return {
    element,
    setLabel: (text) => {
      setText(element, text);
    },
    setEnabled: (enabled) => {
      element.disabled = !enabled;
    },
    setShown: (shown) => {
      element.hidden = !shown;
    },
    setPressed: (pressed) => {
      setAttribute(element, 'aria-pressed', pressed ? 'true' : 'false');
    },
  };
}

/** Looks like a link, acts like a button: it opens something in the editor, not an address. */
export function linkButton(label: string, onClick: () => void): HTMLButtonElement {
  return el('button', { class: 'link', attributes: { type: 'button' }, on: { click: onClick } }, [label]);
}

export interface FieldHandle {
  readonly element: HTMLElement;
  readonly value: () => string;
  readonly setValue: (value: string) => void;
}

interface FieldOptions {
  readonly label: string;
  readonly value?: string;
  readonly placeholder?: string;
  readonly onInput: () => void;
}

export function textField(options: FieldOptions): FieldHandle {
  return fieldHandle(document.createElement('vscode-text-field'), options);
}

export function textArea(options: FieldOptions & { readonly rows: number }): FieldHandle {
  const element = document.createElement('vscode-text-area');
  element.rows = options.rows;
  element.setAttribute('resize', 'vertical');
  return fieldHandle(element, options);
}

function fieldHandle(element: TextField | TextArea, options: FieldOptions): FieldHandle {
  element.append(options.label);
  if (options.placeholder !== undefined) element.placeholder = options.placeholder;
  element.value = options.value ?? '';
  element.addEventListener('input', options.onInput);
  return {
    element,
    value: () => element.value,
    setValue: (value) => {
      if (element.value !== value) element.value = value;
    },
  };
}

/** A box for words to look for, with its name inside it. */
export function searchField(name: string, onInput: () => void): HTMLInputElement {
  return el('input', {
    class: 'search',
    attributes: { type: 'search', placeholder: name, 'aria-label': name, spellcheck: 'false', autocomplete: 'off' },
    on: { input: onInput },
  });
}

export interface CheckboxHandle {
  readonly element: HTMLElement;
  readonly checked: () => boolean;
  readonly setChecked: (checked: boolean) => void;
  readonly setLabel: (label: string) => void;
}

export function checkbox(label: string, checked: boolean, onChange: () => void): CheckboxHandle {
  const element = document.createElement('vscode-checkbox');
  const text = el('span', {}, [label]);
  element.append(text);
  element.checked = checked;
  element.addEventListener('change', onChange);
  return {
    element,
    checked: () => element.checked,
    setChecked: (next) => {
      if (element.checked !== next) element.checked = next;
    },
    setLabel: (next) => {
      setText(text, next);
      // The toolkit names a checkbox that begins without a text "Checkbox".
      setAttribute(element, 'aria-label', next);
    },
  };
}

export interface NumberInputHandle extends FieldHandle {
  readonly element: HTMLInputElement;
  readonly setPlaceholder: (text: string) => void;
}

/** A small box for a number, labeled by its surroundings, with a name for screen readers. `onCommit` runs on Enter and on leaving it. */
export function numberInput(name: string, value: string, onCommit: () => void): NumberInputHandle {
  const element = el('input', {
    class: 'number',
    attributes: { type: 'text', inputmode: 'decimal', spellcheck: 'false', autocomplete: 'off', 'aria-label': name },
  });
  element.value = value;
  element.addEventListener('change', onCommit);
  return {
    element,
    value: () => element.value,
    setValue: (text) => {
      if (element.value !== text) element.value = text;
    },
    setPlaceholder: (text) => {
      element.placeholder = text;
    },
  };
}

export interface SelectOption<T extends string> {
  readonly value: T;
  readonly label: string;
  /** Heading that it is listed under, with the options beside it that have the same. */
  readonly group?: string | undefined;
}

export interface SelectHandle<T extends string> {
  readonly element: HTMLSelectElement;
  readonly setOptions: (options: readonly SelectOption<T>[], value: T) => void;
}

/** One of many, in a list that opens. */
export function select<T extends string>(name: string, onChange: (value: T) => void): SelectHandle<T> {
  const element = el('select', { class: 'select', attributes: { 'aria-label': name } });
  let shown = '';
  element.addEventListener('change', () => {
    onChange(element.value as T);
  });
  return {
    element,
    setOptions: (options, value) => {
      // The list stays as it is, and open, while rows stream in.
      const signature = JSON.stringify(options);
      if (signature !== shown) {
        shown = signature;
        element.replaceChildren();
        for (const { value: own, label, group } of options) {
          const option = el('option', { attributes: { value: own } }, [label]);
          const last = element.lastElementChild;
          if (group === undefined) element.append(option);
          else if (last instanceof HTMLOptGroupElement && last.label === group) last.append(option);
          else element.append(el('optgroup', { attributes: { label: group } }, [option]));
        }
      }
      if (element.value !== value) element.value = value;
    },
  };
}

export interface ChoiceHandle<T extends string> {
  readonly element: HTMLElement;
  readonly setOptions: (options: readonly { readonly value: T; readonly label: string }[], value: T) => void;
}

let choiceGroups = 0;

/** One of a few, side by side (radio buttons underneath, so arrow keys work). */
export function choice<T extends string>(name: string, onChange: (value: T) => void): ChoiceHandle<T> {
  const element = el('div', { class: 'choice', attributes: { role: 'radiogroup', 'aria-label': name } });
  choiceGroups += 1;
  const group = `choice-${choiceGroups}`;
  let shown: readonly T[] = [];
  return {
    element,
    setOptions: (options, value) => {
      // Counts in the labels change while rows stream in: keep the inputs, and with them the focus.
      if (options.length !== shown.length || options.some((option, index) => option.value !== shown[index])) {
        shown = options.map((option) => option.value);
        element.replaceChildren(
          ...options.map((option) => {
            const input = el('input', { attributes: { type: 'radio', name: group } });
            input.addEventListener('change', () => {
              if (input.checked) onChange(option.value);
            });
            return el('label', {}, [input, el('span')]);
          }),
        );
      }
      options.forEach((option, index) => {
        const label = element.children[index];
        const input = label?.querySelector('input');
        const text = label?.querySelector('span');
        if (input) input.checked = option.value === value;
        if (text) setText(text, option.label);
      });
    },
  };
}
