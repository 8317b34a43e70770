import type { Connection } from '../../core/provider/connection.ts';
import { t } from '../../core/base/messages.ts';
import { hostOf } from '../../core/provider/addresses.ts';
import { Cancelled } from '../ui/errors.ts';
import { plainText } from '../ui/plainText.ts';
import type { Services } from '../services.ts';
import { validateKey } from './addConnection.ts';

/**
 * Makes sure before money is spent that the key is the connection's own, or another account would be billed. Asks only where several
 * connections of one provider used the key of an earlier version; the answer is saved.
 * @throws Cancelled when the question was closed
 */
export async function ensureOwnKey({ keys, ui }: Pick<Services, 'keys' | 'ui'>, connection: Connection): Promise<void> {
  if (!(await keys.isShared(connection))) return;
  const key = (await keys.get(connection)) ?? '';
  const name = plainText(connection.name);
  const title = t('Which account does this key belong to?');
  const choice = await ui.pick(
    [
      {
        label: `$(key) ${t('Enter the key of {0}…', name)}`,
        description: t('kept in secret storage'),
        enter: true,
      },
      {
        label: `$(check) ${t('…{0} is the key of {1}', key.slice(-4), name)}`,
        description: t('jobs and requests are billed to its account'),
        enter: false,
      },
    ],
    {
      title,
      placeHolder: t(
        'Several connections to {0} have used the key that ends in …{1}',
        hostOf(connection.baseUrl),
        key.slice(-4),
      ),
      ignoreFocusOut: true,
    },
  );
  if (!choice) throw new Cancelled();
  if (!choice.enter) {
    await keys.set(connection, key);
    return;
  }
  const entered = await ui.input({
    title: t('API Key of {0}', connection.name),
    prompt: t('Kept in secret storage for this connection, sent to {0} only.', hostOf(connection.baseUrl)),
    password: true,
    ignoreFocusOut: true,
    validateInput: (value) => (value.trim() === '' ? t('Paste the key.') : validateKey(value)),
  });
  if (entered === undefined) throw new Cancelled();
  await keys.set(connection, entered.trim());
}
