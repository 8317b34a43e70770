import type * as vscode from 'vscode';
import { retentionDays } from '../config.ts';
import type { LateCommands } from '../contributions.ts';
import type { Services } from '../services.ts';

/** Applies retention when the Jobs view is first shown: start-up reads one small file and deletes nothing. */
export function registerData(
  services: Services,
  jobs: vscode.TreeView<unknown>,
  used: () => void,
  late: LateCommands,
): readonly { dispose(): unknown }[] {
  const seen = whenFirstSeen(jobs, () => {
    used();
    // By default everything is kept: nothing is read for it then.
    const days = retentionDays();
    if (days === 0) return;
    import('./clearData.ts')
      .then(({ applyRetention }) => applyRetention(services, days))
      .catch((error: unknown) => {
        services.log.error('What is older than the setting allows could not be deleted', error);
      });
  });
  return [seen, ...late('data')];
}

function whenFirstSeen(view: vscode.TreeView<unknown>, run: () => void): { dispose(): unknown } {
  let done = false;
  const once = (visible: boolean): void => {
    if (!visible || done) return;
    done = true;
    run();
  };
  once(view.visible);
  return view.onDidChangeVisibility(({ visible }) => {
    once(visible);
  });
}
