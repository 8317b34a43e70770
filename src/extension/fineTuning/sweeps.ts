// Sweeps that this window runs, and the way to end them.
import { t, tn } from '../../core/base/messages.ts';
import { readUnfinished } from '../../jobs/start/unfinished.ts';
import { runSweep } from '../../jobs/sweep/runSweep.ts';
import { readSweep, type SweepRecord } from '../../jobs/sweep/sweepRecord.ts';
import { notifyJobEnded } from '../config.ts';
import type { Services } from '../services.ts';
import { Cancelled, inert, ProblemError, showProblem } from '../ui/errors.ts';
import { plainText } from '../ui/plainText.ts';

export type SweepServices = Pick<
  Services,
  'folder' | 'jobs' | 'providers' | 'watch' | 'starts' | 'log' | 'ui' | 'panels'
>;

/** Runs what is left of a sweep; resolves when it is over, whatever came of it. Does nothing where another window runs it. */
export async function keepRunning(services: SweepServices, id: string): Promise<void> {
  const { folder, jobs, providers, watch, starts, log } = services;
  if (starts.sweeps.has(id)) return;
  const abort = new AbortController();
  starts.sweeps.set(id, abort);
  try {
    await jobs.load();
    const sweep = await runSweep(id, {
      folder,
      jobs,
      provider: (connectionId) => providers.get(connectionId),
      look: (connectionId) => watch.look(connectionId, true),
      signal: abort.signal,
      onChange: () => {
        starts.changed();
      },
    });
    if (sweep === null) return;
    log.info(`The sweep ${id} has ended (${sweep.runs.map(({ end }) => String(end)).join(', ')}).`);
    tellEnd(services, sweep);
  } catch (error) {
    void showProblem(services, error);
  } finally {
    starts.sweeps.delete(id);
    // Starts that were left in the middle are offered in the tree.
    await starts.refresh();
    starts.changed();
  }
}

/** Goes on with the sweeps that an earlier window left; a sweep that another window runs stays there. */
export async function resumeSweeps(services: SweepServices): Promise<void> {
  const { sweeps } = await readUnfinished(services.folder);
  await Promise.all(sweeps.map((id) => keepRunning(services, id)));
}

/** Tells the end of all runs, which comes hours after the start: they tell nothing by themselves. */
function tellEnd({ ui, panels }: Pick<SweepServices, 'ui' | 'panels'>, { id, name, runs, state }: SweepRecord): void {
  if (!notifyJobEnded() || state === 'canceled') return;
  const good = runs.filter(({ end }) => end === 'succeeded').length;
  const text = tn(
    runs.length,
    'The sweep of {1} has ended; {2} of {0} run succeeded.',
    'The sweep of {1} has ended; {2} of {0} runs succeeded.',
    name,
    good,
  );
  const show = t('Show Table');
  // Not awaited: a notification stays until it is closed.
  void ui.notify(good === runs.length ? 'information' : 'warning', inert(text), show).then((choice) => {
    if (choice === show) void panels.openJobs(id);
  });
}

/** Asks, and cancels a sweep of this window with the run that goes on. @param arg id of the sweep; anything else: it is asked for */
export async function cancelSweep(services: SweepServices, arg: unknown): Promise<void> {
  const sweep = await chooseSweep(services, arg);
  const cancel = t('Cancel Sweep');
  const answer = await services.ui.modal(
    inert(t('Cancel the sweep of {0}?', sweep.name)),
    [
      sweep.together === true
        ? t('All runs that have not ended are canceled.')
        : t('The run that goes on is canceled, and no other run is started.'),
      t('Jobs that have ended keep their models.'),
    ].join(' '),
    cancel,
  );
  if (answer !== cancel) throw new Cancelled();
  services.starts.sweeps.get(sweep.id)?.abort();
}

async function chooseSweep({ folder, starts, ui }: SweepServices, arg: unknown): Promise<SweepRecord> {
  const { sweeps } = await readUnfinished(folder);
  const all = (await Promise.all(sweeps.map((id) => readSweep(folder, id)))).filter((sweep) => sweep !== null);
  const here = all.filter(({ id }) => starts.sweeps.has(id));
  const named = here.find(({ id }) => id === arg);
  if (named) return named;
  const [only, ...others] = here;
  if (!only) throw all.length > 0 ? elsewhere() : none();
  if (others.length === 0) return only;
  const chosen = await ui.pick(
    here.map((sweep) => ({ label: plainText(sweep.name), description: new Date(sweep.at).toLocaleString(), sweep })),
    { title: t('Cancel Sweep'), placeHolder: t('Which sweep?') },
  );
  if (!chosen) throw new Cancelled();
  return chosen.sweep;
}

function elsewhere(): ProblemError {
  return new ProblemError({
    code: 'sweep-elsewhere',
    message: t('The sweep goes on in another window.'),
    action: t('Cancel it there.'),
  });
}

function none(): ProblemError {
  return new ProblemError({
    code: 'no-sweep',
    message: t('No sweep is in progress.'),
    action: t('Start one from a dataset in the Explorer.'),
  });
}
