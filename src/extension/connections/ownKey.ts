import type { Connection } from '../../core/provider/connection.ts';
import { hostOf } from '../../core/provider/addresses.ts';
import { Cancelled } from '../ui/errors.ts';
import { plainText } from '../ui/plainText.ts';
import type { Services } from '../services.ts';
import { validateKey } from './addConnection.ts';

/**
 * Before money is spent: the connection's key must be known to be its own, or another account would be billed. Asks only where several
 * connections of one provider used the key of an earlier version; the answer is kept.
 * @throws Cancelled when the question was closed
 */
export async function ensureOwnKey({ keys, ui }: Pick<Services, 'keys' | 'ui'>, connection: Connection): Promise<void> {
  if (!(await keys.isShared(connection))) return;
  const key = (await keys.get(connection)) ?? '';
  const name = plainText(connection.name);
  const title = 'Which account does this key belong to?';
  const choice = await ui.pick(
    [
      {
        label: `$(key) Enter the key of ${name}…`,
        description: 'kept in secret storage',
        enter: true,
      },
      {
        label: `$(check) …${key.slice(-4)} is the key of ${name}`,
        description: 'jobs and requests are billed to its account',
        enter: false,
      },
    ],
    {
      title,
      placeHolder: `Several connections to ${hostOf(connection.baseUrl)} have used the key that ends in …${key.slice(-4)}`,
      ignoreFocusOut: true,
    },
  );
  if (!choice) throw new Cancelled();
  if (!choice.enter) {
    await keys.set(connection, key);
    return;
  }
  const entered = await ui.input({
    title: `API key of ${connection.name}`,
    prompt: `Kept in secret storage for this connection, sent to ${hostOf(connection.baseUrl)} only.`,
    password: true,
    ignoreFocusOut: true,
    validateInput: (value) => (value.trim() === '' ? 'Paste the key.' : validateKey(value)),
  });
  if (entered === undefined) throw new Cancelled();
  await keys.set(connection, entered.trim());
}
