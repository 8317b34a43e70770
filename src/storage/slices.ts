import { setImmediate } from 'node:timers/promises';

/** Milliseconds of work after which other work gets its turn. */
const SLICE_MS = 8;

/** Makes a function that gives other work its turn when this one has kept the thread for a while. */
export function slices(): () => Promise<void> | undefined {
  let begun = performance.now();
  return () => {
    if (performance.now() - begun < SLICE_MS) return undefined;
    return setImmediate().then(() => {
      begun = performance.now();
    });
  };
}
