import inspector from 'node:inspector/promises';

/** One uninterrupted stretch of our own code. */
export interface Stretch {
  readonly milliseconds: number;
  /** The function of ours that began it. */
  readonly from: string;
}

/**
 * How long the extension kept the extension host busy without a break, longest first. The host's thread is sampled every
 * millisecond; a stretch is consecutive samples in which a function of our bundle is on the stack, whatever it calls. What
 * VS Code does by itself, before and after, does not count. On a busy machine a stretch can look longer than it was, since
 * the clock goes on while the thread waits for a core.
 */
export async function ownStretches(work: () => Promise<void>): Promise<readonly Stretch[]> {
  const session = new inspector.Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: 1000 });
    await session.post('Profiler.start');
    await work();
    const { profile } = await session.post('Profiler.stop');
    return stretchesOf(profile);
  } finally {
    session.disconnect();
  }
}

function stretchesOf({ nodes, samples = [], timeDeltas = [] }: inspector.Profiler.Profile): readonly Stretch[] {
  /** The function of ours that is nearest to the bottom of each node's stack. */
  const owners = new Map<number, string>();
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const pending: { id: number; owner: string }[] = nodes.slice(0, 1).map(({ id }) => ({ id, owner: '' }));
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const node = byId.get(next.id);
    if (node === undefined) continue;
    const { functionName, lineNumber, columnNumber, url } = node.callFrame;
    const here = /[\\/]dist[\\/]extension\.cjs$/.test(url)
      ? `${functionName || 'a function'} at ${String(lineNumber + 1)}:${String(columnNumber + 1)}`
      : '';
    const owner = next.owner || here;
    owners.set(next.id, owner);
    for (const child of node.children ?? []) pending.push({ id: child, owner });
  }
  const stretches: { milliseconds: number; from: string }[] = [];
  let present: { milliseconds: number; from: string } | null = null;
  samples.forEach((id, index) => {
    const owner = owners.get(id) ?? '';
    const name = byId.get(id)?.callFrame.functionName;
    // Collecting garbage goes on inside of whatever runs.
    if (owner === '' && !(present !== null && name === '(garbage collector)')) {
      present = null;
      return;
    }
    if (present === null) {
      present = { milliseconds: 0, from: owner };
      stretches.push(present);
    }
    present.milliseconds += (timeDeltas[index + 1] ?? 0) / 1000;
  });
  return stretches.sort((a, b) => b.milliseconds - a.milliseconds);
}
