import { bytesInWords } from '../../core/base/bytes.ts';
import { retentionDays } from '../config.ts';
import { Cancelled, showProblem } from '../ui/errors.ts';
import { withCancel } from '../ui/progress.ts';
import type { Services } from '../services.ts';
import { clear, DATA_KINDS, keptData, type DataKind, type KeptPiece, type KeptServices } from './keptData.ts';

type StorageServices = Pick<Services, 'folder' | 'jobs' | 'runs' | 'providers' | 'log' | 'ui'>;

const TITLES: Readonly<Record<DataKind, { readonly title: string; readonly lost: string }>> = {
  snapshots: {
    title: 'Datasets as they were uploaded',
    lost: 'Lines that a provider complains about can then be found in its own copy only',
  },
  journals: { title: 'Journals of starts', lost: 'Start Again then takes the settings that the provider remembers' },
  curves: {
    title: 'Jobs with their events and curves',
    lost: 'What the provider still has is read again; the rest is gone, with names and prices',
  },
  evaluations: { title: 'Evaluations', lost: 'Every row that was asked and paid for is gone' },
  models: { title: 'Models trained on this machine', lost: 'They can be trained again, but not brought back' },
};

const DAY_MS = 86_400_000;

function keptServices({ folder, jobs, runs, providers }: StorageServices, start: boolean): KeptServices {
  return {
    folder,
    jobs,
    runs,
    local: () => (start ? providers.get('local') : providers.getRunning('local')),
  };
}

/** *Clear Data…*: what is kept and how large it is, what of it is to go, and a last question that says what is lost. */
export async function clearData(services: StorageServices): Promise<void> {
  const pieces = await withCancel(services.ui, 'Adding up what is kept…', () => keptData(keptServices(services, true)));
  const items = DATA_KINDS.flatMap((kind) => {
    const all = pieces.filter((piece) => piece.kind === kind);
    if (all.length === 0) return [];
    const needed = all.filter((piece) => piece.needed);
    return [
      {
        label: TITLES[kind].title,
        description: `${bytesInWords(sum(all))} · ${String(all.length)}`,
        detail: needed.length === 0 ? TITLES[kind].lost : `${neededInWords(needed)} ${TITLES[kind].lost}.`,
        data: kind,
      },
    ];
  });
  if (items.length === 0) {
    void services.ui.notify('information', 'Nothing is kept on this machine.');
    return;
  }
  const days = retentionDays();
  const chosen = await services.ui.pickMany(items, {
    title: `Clear Data · ${bytesInWords(sum(pieces))} are kept${days > 0 ? ` for ${String(days)} days` : ''}`,
    placeHolder: 'What is to be deleted from this machine?',
    ignoreFocusOut: true,
  });
  if (!chosen || chosen.length === 0) throw new Cancelled();
  const kinds = chosen.map(({ data }) => data);
  const going = pieces.filter((piece) => kinds.includes(piece.kind) && !piece.needed);
  const choice = await services.ui.modal(
    `Delete ${bytesInWords(sum(going))} from this machine?`,
    `${kinds.map((kind) => `${TITLES[kind].title}: ${TITLES[kind].lost}.`).join('\n')}\nNothing is deleted at a provider.`,
    'Delete',
  );
  if (choice !== 'Delete') throw new Cancelled();
  const { removed, bytes, stay } = await withCancel(services.ui, 'Clearing data…', () => clear(going));
  services.log.info(`${String(removed)} pieces of data (${bytesInWords(bytes)}) were deleted: ${kinds.join(', ')}.`);
  services.ui.status(`$(trash) ${bytesInWords(bytes)} deleted`, 5000);
  if (stay[0]) await showProblem(services, stay[0]);
}

function neededInWords(needed: readonly KeptPiece[]): string {
  const elsewhere = needed.filter(({ isElsewhere }) => isElsewhere === true).length;
  const where = elsewhere > 0 ? ` (${String(elsewhere)} of it in another window)` : '';
  return needed.length === 1
    ? `One is needed by what has not ended${elsewhere > 0 ? ' in another window' : ''}, and stays.`
    : `${String(needed.length)} are needed by what has not ended${where}, and stay.`;
}

function sum(pieces: readonly KeptPiece[]): number {
  return pieces.reduce((bytes, piece) => bytes + piece.bytes, 0);
}

/** Once a window, when somebody looks at the jobs: what is older than the setting goes. Nothing is read at start-up for it. */
export async function applyRetention(services: StorageServices, now = Date.now()): Promise<void> {
  const days = retentionDays();
  if (days === 0) return;
  const pieces = await keptData(keptServices(services, false));
  const { removed, bytes } = await clear(pieces, { before: now - days * DAY_MS });
  if (removed > 0) {
    services.log.info(
      `${String(removed)} pieces of data older than ${String(days)} days (${bytesInWords(bytes)}) were deleted.`,
    );
  }
}
