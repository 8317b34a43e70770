// Calls of the window's functions, and the results of a wizard's boxes: the one file past the seam.
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Back } from '../../../../src/extension/ui/ui.ts';

/** Quick pick or input box that the test operates. */
class Box {
  items: readonly { readonly label: string }[] = [];
  activeItems: readonly { readonly label: string }[] = [];
  selectedItems: readonly { readonly label: string }[] = [];
  value = '';
  validationMessage = '';
  busy = false;
  disposed = false;
  buttons: readonly unknown[] = [];
  accept = (): void => undefined;
  press: (button: unknown) => void = () => undefined;
  hide = (): void => undefined;
  type: (text: string) => void = () => undefined;
  onDidAccept = (listener: () => void): void => {
    this.accept = listener;
  };
  onDidTriggerButton = (listener: (button: unknown) => void): void => {
    this.press = listener;
  };
  onDidHide = (listener: () => void): void => {
    this.hide = listener;
  };
  onDidChangeValue = (listener: () => void): void => {
    this.type = (text) => {
      this.value = text;
      listener();
    };
  };
  show = (): void => undefined;
  dispose = (): void => {
    this.disposed = true;
    this.hide();
  };
}

const window = vi.hoisted<{ calls: unknown[][]; box: unknown }>(() => ({ calls: [], box: null }));
vi.mock('vscode', () => {
  const record =
    (name: string) =>
    (...args: unknown[]): Promise<unknown> => {
      window.calls.push([name, ...args]);
      return Promise.resolve('answer');
    };
  const create = (): unknown => window.box;
  const names = ['showQuickPick', 'showInputBox', 'showInformationMessage', 'showWarningMessage', 'showErrorMessage'];
  return {
    QuickInputButtons: { Back: 'back' },
    ProgressLocation: { Notification: 15 },
    window: {
      ...Object.fromEntries(names.map((name) => [name, record(name)])),
      createQuickPick: create,
      createInputBox: create,
      withProgress: (options: unknown, run: (...args: unknown[]) => Promise<unknown>) => {
        window.calls.push(['withProgress', options]);
        return run(
          { report: (step: unknown) => window.calls.push(['report', step]) },
          {
            onCancellationRequested: (listener: () => void) => {
              listener();
            },
          },
        );
      },
    },
  };
});
const { vscodeUi } = await import('../../../../src/extension/ui/vscodeUi.ts');

const ui = vscodeUi();
const items = [{ label: 'a' }, { label: 'b', picked: true }];
const place = { step: 2, totalSteps: 5, canGoBack: true };
let box: Box;

beforeEach(() => {
  window.calls.length = 0;
  box = new Box();
  window.box = box;
});

describe('the window behind the seam', () => {
  it('asks plainly where nothing more is needed', async () => {
    await ui.pick(items, { title: 't', placeHolder: 'p', ignoreFocusOut: true });
    await ui.pickMany(items, { title: 't' });
    await ui.input({ prompt: 'p' });
    await ui.modal('q', 'd', 'x', 'y');
    await ui.modal('q', '', 'x');
    await ui.notify('information', 'i', 'x');
    await ui.notify('warning', 'w');
    await ui.notify('error', 'e', 'x');
    expect(window.calls).toEqual([
      ['showQuickPick', items, { title: 't', placeHolder: 'p', ignoreFocusOut: true }],
      ['showQuickPick', items, { title: 't', canPickMany: true }],
      ['showInputBox', { prompt: 'p' }],
      ['showWarningMessage', 'q', { modal: true, detail: 'd' }, 'x', 'y'],
      ['showWarningMessage', 'q', { modal: true }, 'x'],
      ['showInformationMessage', 'i', 'x'],
      ['showWarningMessage', 'w'],
      ['showErrorMessage', 'e', 'x'],
    ]);
  });

  it('puts a question of a wizard in its place, and takes what is accepted', async () => {
    const chosen = ui.pick(items, { title: 't', placeHolder: 'p', active: items[1], matchOnDescription: true, place });
    expect(box).toMatchObject({ title: 't', placeholder: 'p', step: 2, totalSteps: 5, buttons: ['back'], items });
    expect(box).toMatchObject({ activeItems: [items[1]], matchOnDescription: true, matchOnDetail: false });
    // No item is active.
    box.accept();
    box.selectedItems = items.slice(0, 1);
    box.accept();
    expect(await chosen).toBe(items[0]);
    expect(box.disposed).toBe(true);
  });

  it('ticks what is picked, and gives what is ticked at the end', async () => {
    const chosen = ui.pickMany(items, { place: { ...place, canGoBack: false } });
    expect(box).toMatchObject({ canSelectMany: true, selectedItems: [items[1]], buttons: [] });
    box.selectedItems = items;
    box.accept();
    expect(await chosen).toEqual(items);
  });

  it('goes back, and closes', async () => {
    const back = ui.pick(items, { place });
    box.press('another');
    box.press('back');
    await expect(back).rejects.toBeInstanceOf(Back);
    box = new Box();
    window.box = box;
    const closed = ui.input({ place });
    box.hide();
    expect(await closed).toBeUndefined();
    expect(box.disposed).toBe(true);
  });

  it('judges a text when it is accepted, and from then on as it is typed', async () => {
    const typed = ui.input({
      prompt: 'p',
      value: 'v',
      place,
      validateInput: (text) => (text === 'good' ? null : 'Bad.'),
    });
    expect(box).toMatchObject({ prompt: 'p', value: 'v', password: false });
    box.type('bad');
    expect(box.validationMessage).toBe('');
    box.accept();
    expect(box.validationMessage).toBe('Bad.');
    box.type('good');
    expect(box.validationMessage).toBe('');
    box.accept();
    expect(await typed).toBe('good');
  });

  it('judges a live text at once', async () => {
    const typed = ui.input({ place, live: true, validateInput: (text) => (text === 'bad' ? 'Bad.' : null) });
    box.type('bad');
    expect(box.validationMessage).toBe('Bad.');
    box.hide();
    expect(await typed).toBeUndefined();
  });

  it('fills a list under the cursor, and stops reading when it closes', async () => {
    const found = items.map(({ label }) => ({ label, detail: 'text' }));
    let ended: AbortSignal | undefined;
    const chosen = ui.pick<{ label: string; detail?: string }>(items, {
      active: items[1],
      later: (signal) => {
        ended = signal;
        return Promise.resolve(found);
      },
    });
    expect(box.busy).toBe(true);
    await vi.waitFor(() => {
      expect(box).toMatchObject({ busy: false, items: found, activeItems: [found[1]] });
    });
    box.selectedItems = found.slice(1);
    box.accept();
    expect(await chosen).toBe(found[1]);
    expect(ended?.aborted).toBe(true);
  });

  it('reports what goes on in percent that only grow, and cancels', async () => {
    const cancel = vi.fn();
    const result = await ui.progress('t', cancel, (report) => {
      report('first', 0.5);
      report('second');
      report('third', 0.25);
      report('fourth', 1);
      return Promise.resolve(5);
    });
    expect(result).toBe(5);
    expect(cancel).toHaveBeenCalledOnce();
    expect(window.calls).toEqual([
      ['withProgress', { location: 15, title: 't', cancellable: true }],
      ['report', { message: 'first', increment: 50 }],
      ['report', { message: 'second', increment: 0 }],
      ['report', { message: 'third', increment: 0 }],
      ['report', { message: 'fourth', increment: 50 }],
    ]);
  });
});
