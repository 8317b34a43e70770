import { t, tn } from '../../core/base/messages.ts';
import { isProviderFailure } from '../../core/provider/failure.ts';
import { untrustedText } from '../../core/base/untrustedText.ts';
import { formatAgo } from '../../core/training/words/describe.ts';
import { orphanFiles } from '../../jobs/orphans.ts';
import { Cancelled, inert } from '../ui/errors.ts';
import { plainText } from '../ui/plainText.ts';
import { withCancel } from '../ui/progress.ts';
import { withRemedy } from '../connections/providers.ts';
import type { Services } from '../services.ts';
import { requireTrust } from '../ui/trust.ts';
import { bytesInWords } from '../../core/base/bytes.ts';

type OrphanServices = Pick<Services, 'connections' | 'folder' | 'log' | 'providers' | 'ui'>;

/** Deletes files that were uploaded from here and that no job uses: interrupted starts leave them behind. */
export async function deleteOrphans(services: OrphanServices, connectionId: unknown): Promise<void> {
  requireTrust();
  const connections = await services.connections.list();
  const named = connections.find(({ id }) => id === connectionId);
  const chosen =
    named ??
    (connections.length === 1
      ? connections[0]
      : (
          await services.ui.pick(
            connections.map((connection) => ({ label: plainText(connection.name), connection })),
            { title: t('Delete Unused Uploads'), placeHolder: t('At which connection?') },
          )
        )?.connection);
  if (!chosen) throw new Cancelled();
  try {
    const provider = await services.providers.get(chosen.id);
    const orphans = await withCancel(
      services.ui,
      t('Looking for unused uploads at {0}…', plainText(chosen.name)),
      (signal) => orphanFiles(provider, services.folder, { signal }),
    );
    if (orphans.length === 0) {
      void services.ui.notify('information', inert(t('There are no unused uploads at {0}.', chosen.name)));
      return;
    }
    const picked = await services.ui.pickMany(
      orphans.map(({ file }) => ({
        label: plainText(untrustedText(file.filename, [], 120)),
        description: [
          file.bytes === null ? '' : bytesInWords(file.bytes),
          file.createdAt > 0 ? formatAgo(Date.now() / 1000 - file.createdAt) : '',
        ]
          .filter(Boolean)
          .join(' · '),
        picked: true,
        file,
      })),
      {
        title: t('Delete Unused Uploads at {0}', plainText(chosen.name)),
        placeHolder: t('Selected files are deleted at the provider'),
      },
    );
    if (!picked || picked.length === 0) throw new Cancelled();
    const remove = t('Delete');
    const choice = await services.ui.modal(
      inert(tn(picked.length, 'Delete {0} file at {1}?', 'Delete {0} files at {1}?', chosen.name)),
      t('No job uses them. Datasets on this machine stay as they are. This cannot be undone.'),
      remove,
    );
    if (choice !== remove) throw new Cancelled();
    const title = tn(picked.length, 'Deleting {0} file…', 'Deleting {0} files…');
    await withCancel(services.ui, title, async (signal, report) => {
      for (const [index, { file }] of picked.entries()) {
        report(t('{0} of {1}', index + 1, picked.length), index / picked.length);
        await provider.deleteFile(file.id, { signal }).catch((error: unknown) => {
          // A file that is already gone is as good.
          if (!isProviderFailure(error) || error.status !== 404) throw error;
        });
      }
    });
    services.log.info(`Deleted ${String(picked.length)} unused uploads at ${chosen.name}.`);
    services.ui.status(`$(trash) ${tn(picked.length, '{0} file deleted', '{0} files deleted')}`, 5000);
  } catch (error) {
    throw withRemedy(error, chosen);
  }
}
