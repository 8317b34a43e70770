import { designInWords } from '../../../core/training/sweep/sweepPlan.ts';
import { untrustedText } from '../../../core/base/untrustedText.ts';
import { readSweeps, type SweepRecord } from '../../../jobs/sweep/sweepRecord.ts';
import type { SweepView } from '../../../protocol/jobsPanel.ts';
import type { Services } from '../../services.ts';

/** Characters of a reason that are shown. */
const SHOWN = 500;

/** Sweeps of this storage folder as the Jobs table shows them, newest first. */
export async function readSweepViews({
  folder,
  starts,
}: Pick<Services, 'folder' | 'starts'>): Promise<readonly SweepView[]> {
  return (await readSweeps(folder)).map((sweep) => viewOf(sweep, starts.sweeps.has(sweep.id)));
}

function viewOf({ id, name, at, state, runs, axes, seed }: SweepRecord, isHere: boolean): SweepView {
  return {
    id,
    name,
    at,
    state,
    isHere,
    runs: runs.length,
    over: runs.filter(({ end }) => end !== null).length,
    design: designInWords(axes, runs.length, seed),
    without: runs.flatMap(({ end, jobId, reason }, index) =>
      end === 'refused' && jobId === null ? [{ run: index + 1, reason: untrustedText(reason ?? '', [], SHOWN) }] : [],
    ),
  };
}
