import { t, tn } from '../../core/base/messages.ts';
import { bytesInWords } from '../../core/base/bytes.ts';
import { count } from '../../core/base/numbers.ts';
import { retentionDays } from '../config.ts';
import { Cancelled, showProblem } from '../ui/errors.ts';
import { withCancel } from '../ui/progress.ts';
import type { Services } from '../services.ts';
import { clear, DATA_KINDS, keptData, type DataKind, type KeptPiece } from './keptData.ts';
import { modelServers } from './modelServers.ts';

type StorageServices = Pick<Services, 'connections' | 'folder' | 'jobs' | 'runs' | 'providers' | 'log' | 'ui'>;

/** Name of a kind of data and the consequence of deleting it, a sentence. */
function wordsOf(kind: DataKind): { readonly title: string; readonly lost: string } {
  switch (kind) {
    case 'snapshots':
      return {
        title: t('Datasets as uploaded'),
        lost: t("Lines that a provider complains about can then be found in the provider's copy only."),
      };
    case 'journals':
      return {
        title: t('Journals of job starts'),
        lost: t('Starting a job again then uses the settings that the provider keeps.'),
      };
    case 'curves':
      return {
        title: t('Jobs with their events and curves'),
        lost: t('Everything that the provider still keeps is read again; the rest, with names and prices, is lost.'),
      };
    case 'evaluations':
      return { title: t('Evaluations'), lost: t('All answers, also those you paid for, are lost.') };
    case 'models':
      return {
        title: t('Trained models on this machine'),
        lost: t('They can be trained again, but not restored.'),
      };
    case 'downloads':
      return {
        title: t('Downloads of interrupted dataset imports'),
        lost: t('Importing the dataset again downloads everything again.'),
      };
  }
}

const DAY_MS = 86_400_000;

async function piecesOf(services: StorageServices, start: boolean): Promise<readonly KeptPiece[]> {
  const { folder, jobs, runs } = services;
  return keptData({ folder, jobs, runs, servers: await modelServers(services, start) });
}

/** *Clear Data…*: lists the kept data with its size, lets the user choose, and asks once more, naming the loss. */
export async function clearData(services: StorageServices): Promise<void> {
  const pieces = await withCancel(services.ui, t('Measuring the data on this machine…'), () =>
    piecesOf(services, true),
  );
  const items = DATA_KINDS.flatMap((kind) => {
    const all = pieces.filter((piece) => piece.kind === kind);
    if (all.length === 0) return [];
    const needed = all.filter((piece) => piece.needed);
    const { title, lost } = wordsOf(kind);
    return [
      {
        label: title,
        description: `${bytesInWords(sum(all))} · ${count(all.length)}`,
        detail: needed.length === 0 ? lost : `${neededInWords(needed)} ${lost}`,
        data: kind,
      },
    ];
  });
  if (items.length === 0) {
    void services.ui.notify('information', t('No data is kept on this machine.'));
    return;
  }
  const days = retentionDays();
  const chosen = await services.ui.pickMany(items, {
    title:
      days > 0
        ? tn(
            days,
            'Clear Data · {1} on this machine, kept for {0} day',
            'Clear Data · {1} on this machine, kept for {0} days',
            bytesInWords(sum(pieces)),
          )
        : t('Clear Data · {0} on this machine', bytesInWords(sum(pieces))),
    placeHolder: t('Which data should be deleted from this machine?'),
    ignoreFocusOut: true,
  });
  if (!chosen || chosen.length === 0) throw new Cancelled();
  const kinds = chosen.map(({ data }) => data);
  const going = pieces.filter((piece) => kinds.includes(piece.kind) && !piece.needed);
  const losses = kinds.map((kind) => t('{0}: {1}', wordsOf(kind).title, wordsOf(kind).lost));
  const remove = t('Delete');
  const choice = await services.ui.modal(
    t('Delete {0} from this machine?', bytesInWords(sum(going))),
    [...losses, t('Nothing is deleted at a provider.')].join('\n'),
    remove,
  );
  if (choice !== remove) throw new Cancelled();
  const { removed, bytes, stay } = await withCancel(services.ui, t('Clearing data…'), () => clear(going));
  services.log.info(`${String(removed)} pieces of data (${bytesInWords(bytes)}) were deleted: ${kinds.join(', ')}.`);
  services.ui.status(`$(trash) ${t('{0} deleted', bytesInWords(bytes))}`, 5000);
  if (stay[0]) await showProblem(services, stay[0]);
}

function neededInWords(needed: readonly KeptPiece[]): string {
  const elsewhere = needed.filter(({ isElsewhere }) => isElsewhere === true).length;
  const kept = tn(needed.length, '{0} item is in use and will be kept.', '{0} items are in use and will be kept.');
  if (elsewhere === 0) return kept;
  return `${kept} ${tn(elsewhere, '{0} is in use in another window.', '{0} are in use in another window.')}`;
}

function sum(pieces: readonly KeptPiece[]): number {
  return pieces.reduce((bytes, piece) => bytes + piece.bytes, 0);
}

/** Deletes data older than so many days, those of the setting: once per window, when the Jobs view is first shown. */
export async function applyRetention(services: StorageServices, days: number): Promise<void> {
  const pieces = await piecesOf(services, false);
  const { removed, bytes } = await clear(pieces, { before: Date.now() - days * DAY_MS });
  if (removed > 0) {
    services.log.info(
      `${String(removed)} pieces of data older than ${String(days)} days (${bytesInWords(bytes)}) were deleted.`,
    );
  }
}
