import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';

/** Interval of looks at a folder where the system tells nothing about changes. */
const LOOK_MS = 5000;

/**
 * Calls `changed` after this or another process changed files of a folder: one call at a time, and one more when something changed
 * meanwhile. The folder may not exist yet. Keeps no process alive; the returned function ends it.
 */
export function watchFolder(
  folder: string,
  matches: (name: string) => boolean,
  changed: () => Promise<void>,
): () => void {
  let watcher: FSWatcher | null = null;
  let lastTime = 0;
  let running = false;
  let again = false;
  let over = false;

  const call = async (): Promise<void> => {
    again = true;
    if (running) return;
    running = true;
    while (wanted()) {
      again = false;
      await changed().catch(() => undefined);
    }
    running = false;
  };
  // A function, so that it is evaluated again after every call.
  const wanted = (): boolean => again && !over;

  const listen = (): void => {
    if (watcher || over) return;
    try {
      watcher = watch(folder, { persistent: false }, (_event, name) => {
        if (name === null || matches(name)) void call();
      });
      watcher.on('error', () => {
        watcher?.close();
        watcher = null;
      });
    } catch {
      // No folder yet, or a file system that tells nothing: the timer looks at it.
    }
  };

  const look = async (): Promise<void> => {
    listen();
    const time = await stat(folder).then(
      ({ mtimeMs }) => mtimeMs,
      () => lastTime,
    );
    if (time === lastTime) return;
    lastTime = time;
    await call();
  };

  listen();
  const timer = setInterval(() => void look(), LOOK_MS);
  timer.unref();
  return () => {
    over = true;
    clearInterval(timer);
    watcher?.close();
  };
}
