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

/** Files that were uploaded from here and that no job uses: left over by starts that did not get to the end. */
export async function deleteOrphans(services: OrphanServices, connectionId: unknown): Promise<void> {
  requireTrust();
  const title = 'Files Without a Job';
  const connections = await services.connections.list();
  const named = connections.find(({ id }) => id === connectionId);
  const chosen =
    named ??
    (connections.length === 1
      ? connections[0]
      : (
          await services.ui.pick(
            connections.map((connection) => ({ label: plainText(connection.name), connection })),
            { title, placeHolder: 'At which connection?' },
          )
        )?.connection);
  if (!chosen) throw new Cancelled();
  try {
    const provider = await services.providers.get(chosen.id);
    const orphans = await withCancel(
      services.ui,
      `Looking for files without a job at ${plainText(chosen.name)}…`,
      (signal) => orphanFiles(provider, services.folder, { signal }),
    );
    if (orphans.length === 0) {
      void services.ui.notify(
        'information',
        inert(`No file that was uploaded from here lies at ${chosen.name} without a job.`),
      );
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
        title: `${title} at ${plainText(chosen.name)}`,
        placeHolder: 'The ticked ones are deleted at the provider',
      },
    );
    if (!picked || picked.length === 0) throw new Cancelled();
    const files = picked.length === 1 ? 'file' : 'files';
    const choice = await services.ui.modal(
      inert(`Delete ${String(picked.length)} ${files} at ${chosen.name}?`),
      'No job uses them, and datasets on this machine stay as they are. This cannot be undone.',
      'Delete',
    );
    if (choice !== 'Delete') throw new Cancelled();
    await withCancel(services.ui, `Deleting ${String(picked.length)} ${files}…`, async (signal, report) => {
      for (const [index, { file }] of picked.entries()) {
        report(`${String(index + 1)} of ${String(picked.length)}`, index / picked.length);
        await provider.deleteFile(file.id, { signal }).catch((error: unknown) => {
          // Gone already is as good.
          if (!isProviderFailure(error) || error.status !== 404) throw error;
        });
      }
    });
    services.log.info(`${String(picked.length)} ${files} without a job deleted at ${chosen.name}.`);
    services.ui.status(`$(trash) ${String(picked.length)} ${files} deleted`, 5000);
  } catch (error) {
    throw withRemedy(error, chosen);
  }
}
