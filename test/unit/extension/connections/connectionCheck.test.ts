import { describe, expect, it, vi } from 'vitest';
import { ProviderFailure } from '../../../../src/core/provider/failure.ts';
import { LOCAL_CONNECTION } from '../../../../src/connections/store.ts';
import type { Capabilities } from '../../../../src/core/provider/connection.ts';
import { tryOut, type ConnectionServices } from '../../../../src/extension/connections/connectionCheck.ts';
import { uiDouble, type Line } from '../../../support/uiDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

const connection = { ...LOCAL_CONNECTION, id: 'second', name: 'Second server' };
const ALL: Capabilities = { models: 'yes', files: 'yes', fineTuning: 'yes', batches: 'yes' };

/** Tests the same connection once per outcome. */
async function checked(
  outcomes: readonly (Capabilities | ProviderFailure)[],
  ...lines: readonly Line[]
): Promise<void> {
  const left = [...outcomes];
  const services = {
    ui: uiDouble(...lines),
    connections: { update: () => Promise.resolve() },
    providers: {
      get: () =>
        Promise.resolve({
          probe: () => {
            const outcome = left.shift() ?? ALL;
            return outcome instanceof ProviderFailure ? Promise.reject(outcome) : Promise.resolve(outcome);
          },
        }),
    },
  } as unknown as ConnectionServices;
  while (left.length > 0) await tryOut(services, connection);
}

describe('the status bar after a check', () => {
  it('says what works', async () => {
    await checked([ALL], { status: /^\$\(check\) Second server is connected: .+/ });
    expect.assertions(0);
  });

  it('says that a connection is refused, in place of what an earlier check said', async () => {
    const refused = new ProviderFailure(
      { code: 'unreachable', message: 'Second server refused the connection.', action: 'Start it.' },
      { outcome: 'not-sent', advice: 'never', status: null, serverCode: null, retryAfterMs: null },
    );
    await checked(
      [ALL, refused],
      { status: /Second server is connected/ },
      { status: '$(error) Second server is not connected' },
      { notify: /does not work yet\. Second server refused the connection/, kind: 'warning' },
    );
    expect.assertions(0);
  });

  it('calls nothing connected where nothing works', async () => {
    const no = { no: 'The key may not see it.' };
    await checked(
      [{ models: no, files: no, fineTuning: no, batches: no }],
      { status: /^\$\(warning\) Second server responds, but supports no known capability$/ },
      { notify: /^Second server cannot train with this key/, kind: 'information' },
    );
    expect.assertions(0);
  });
});
