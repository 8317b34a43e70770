import { Cancelled, inert } from './errors.ts';
import type { Report, Ui } from './ui.ts';

/** Milliseconds before a task shows a notification. */
export const PATIENCE_MS = 400;

/**
 * Runs a task with a cancelable progress notification, which appears once the task takes longer than a moment.
 * @throws Cancelled when the user pressed Cancel and the task stopped for that reason
 */
export async function withCancel<T>(
  ui: Pick<Ui, 'progress'>,
  title: string,
  run: (signal: AbortSignal, report: Report) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  let show: Report | null = null;
  let last: Parameters<Report> | null = null;
  const report: Report = (...what) => {
    last = what;
    show?.(...what);
  };
  const task = run(abort.signal, report);
  // Short tasks show no notification: it would flicker, and VS Code swallows the next message after several in a moment.
  if (await settlesWithin(task, PATIENCE_MS)) return task;
  return ui.progress(
    // Titles name files, and notifications render links.
    inert(title),
    () => {
      abort.abort();
    },
    async (tell) => {
      show = tell;
      if (last) show(...last);
      try {
        return await task;
      } catch (error) {
        if (abort.signal.aborted) throw new Cancelled();
        throw error;
      }
    },
  );
}

async function settlesWithin(task: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => {
      resolve(false);
    }, ms);
  });
  const settled = task.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([settled, late]);
  } finally {
    clearTimeout(timer);
  }
}
