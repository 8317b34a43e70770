import inspector from 'node:inspector/promises';
import process from 'node:process';

/** One uninterrupted stretch of our own code. */
export interface Stretch {
  readonly milliseconds: number;
  /** The function of ours that began it. */
  readonly from: string;
}

/**
 * How long the extension kept the extension host busy without a break, longest first. The host's thread is sampled every
 * millisecond; a stretch is consecutive samples in which a function of our bundle is on the stack, whatever it calls. What
 * VS Code does by itself, before and after, does not count. Turns of ours that follow each other within a millisecond are
 * one stretch, so it is rather too long than too short. The clock goes on while the thread waits for a core: stretches are
 * given in CPU time, by the share of a core that the thread had while it was busy.
 */
export async function ownStretches(work: () => Promise<void>): Promise<readonly Stretch[]> {
  const session = new inspector.Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: 1000 });
    await session.post('Profiler.start');
    const before = cpuMilliseconds();
    await work();
    const used = cpuMilliseconds() - before;
    const { profile } = await session.post('Profiler.stop');
    return stretchesOf(profile, used);
  } finally {
    session.disconnect();
  }
}

/** Of this thread; of the whole process where Node cannot tell (before 23.9), which is more. */
function cpuMilliseconds(): number {
  const { threadCpuUsage } = process as { threadCpuUsage?: () => NodeJS.CpuUsage };
  const { user, system } = threadCpuUsage?.call(process) ?? process.cpuUsage();
  return (user + system) / 1000;
}

function stretchesOf(
  { nodes, samples = [], timeDeltas = [] }: inspector.Profiler.Profile,
  used: number,
): readonly Stretch[] {
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
  let busy = 0;
  samples.forEach((id, index) => {
    const took = (timeDeltas[index + 1] ?? 0) / 1000;
    if (byId.get(id)?.callFrame.functionName !== '(idle)') busy += took;
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
    present.milliseconds += took;
  });
  const share = Math.min(1, used / Math.max(busy, 1));
  return stretches
    .map(({ milliseconds, from }) => ({ milliseconds: milliseconds * share, from }))
    .sort((a, b) => b.milliseconds - a.milliseconds);
}
