/** Says what begins, and again every 15 seconds how long it has taken. Resolves with the result of `work`. */
export async function withProgress<T>(
  say: (line: string) => void,
  what: string,
  work: () => Promise<T>,
  intervalMs = 15_000,
): Promise<T> {
  const started = performance.now();
  say(`${what} …`);
  const heartbeat = setInterval(() => {
    say(`${what} … ${seconds(started)} s`);
  }, intervalMs);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
  }
}

/** Whole seconds since a moment of `performance.now()`. */
export function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(0);
}
