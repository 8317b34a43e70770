import { beforeEach, describe, expect, it, vi } from 'vitest';
import type * as vscode from 'vscode';
import { registerData } from '../../../../src/extension/data/register.ts';
import type { Services } from '../../../../src/extension/services.ts';
import { editor } from '../../../support/vscodeDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());
const applyRetention = vi.hoisted(() => vi.fn(() => Promise.resolve()));
vi.mock('../../../../src/extension/data/clearData.ts', () => ({ applyRetention }));

beforeEach(() => {
  editor.reset();
  applyRetention.mockClear();
});

/** A view that is hidden until it is shown. */
function hiddenView(): { readonly view: vscode.TreeView<unknown>; readonly show: () => void } {
  let changed: ((event: { visible: boolean }) => void) | undefined;
  const view = {
    visible: false,
    onDidChangeVisibility: (listener: typeof changed) => {
      changed = listener;
      return { dispose: () => undefined };
    },
  };
  return {
    view: view as unknown as vscode.TreeView<unknown>,
    show: () => changed?.({ visible: true }),
  };
}

describe('what is older than the setting allows', () => {
  const services = { log: { error: vi.fn() } } as unknown as Services;

  it('is looked for once, when the Jobs view is first shown', async () => {
    editor.settings.set('tuningFork.storage.retentionDays', 30);
    const { view, show } = hiddenView();
    registerData(services, view, vi.fn(), () => []);
    expect(applyRetention).not.toHaveBeenCalled();
    show();
    show();
    await vi.waitFor(() => {
      expect(applyRetention).toHaveBeenCalledExactlyOnceWith(services, 30);
    });
  });

  it('is not looked for, and no code is read for it, where everything is kept', async () => {
    const { view, show } = hiddenView();
    const used = vi.fn();
    registerData(services, view, used, () => []);
    show();
    expect(used).toHaveBeenCalledOnce();
    await vi.dynamicImportSettled();
    expect(applyRetention).not.toHaveBeenCalled();
  });
});
