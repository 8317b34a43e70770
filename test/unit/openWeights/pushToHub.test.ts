import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { accountOf, isRepository, PushCancelled, pushOutput, pushToHub } from '../../../src/openWeights/pushToHub.ts';
import { FakePrograms, type FakeExport } from '../../support/openWeights/fakePrograms.ts';
import { described } from '../../support/openWeights/trainerProtocol.ts';

const PUSHED = { type: 'pushed', repository: 'me/x', url: 'http://hub/me/x', commit: 'c' };
const HALF = { type: 'progress', stage: 'write', done: 1, total: 2 };
const ACCOUNT = { type: 'account', name: 'me', organizations: ['team', '../x'] };

describe.skipIf(process.platform === 'win32')('a push', () => {
  let folder: string;
  let programs: FakePrograms;
  let abort: AbortController;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-push-test-'));
    vi.stubEnv('TMPDIR', folder);
    programs = new FakePrograms(folder);
    abort = new AbortController();
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    expect((await readdir(folder)).filter((name) => name.startsWith('tuning-fork-'))).toEqual([]);
    await rm(folder, { recursive: true, force: true });
  });

  async function options(pushes: Readonly<Record<string, FakeExport>>, endpoint = 'https://hub.example') {
    const python = await programs.add('python', { pushes });
    return { python, env: { ...programs.env, HF_ENDPOINT: endpoint }, token: 'hf_secret', signal: abort.signal };
  }
  const request = { folder: '/export', repository: 'me/x', isPrivate: true, files: [{ name: 'a', bytes: 2 }] };

  it('is described by the document, and has its token by the environment alone', async () => {
    const own = await options({ look: { lines: [ACCOUNT] }, send: { lines: [HALF, PUSHED] } });
    // Names of organizations become part of an address.
    expect(await accountOf(own)).toEqual({ ok: true, value: { name: 'me', organizations: ['team'] } });
    const told: number[] = [];
    const sent = await pushToHub(request, own, (done) => told.push(done));
    expect(sent).toEqual({ ok: true, value: { repository: 'me/x', url: PUSHED.url } });
    expect(told).toEqual([1]);
    const validate = described('PushJob');
    for (const { args, env, job } of await programs.calls()) {
      expect(validate(job), JSON.stringify(validate.errors)).toBe(true);
      expect(env['HF_TOKEN']).toBe('hf_secret');
      expect(JSON.stringify([args, job])).not.toContain('hf_secret');
    }
  });

  it('hides its token in what the hub says', async () => {
    const error = { type: 'error', code: 'no-network', message: 'It says hf_secret.', action: 'Try again.' };
    const sent = await pushToHub(request, await options({ send: { lines: [error], code: 1 } }), () => undefined);
    expect(sent).toMatchObject({ ok: false, error: { code: 'no-network' } });
    expect(JSON.stringify(sent)).not.toContain('hf_secret');
  });

  it.each(['http://hub.example', 'http://10.0.0.1:8080', 'file:///x', 'hub.example'])(
    'starts nothing for %s',
    async (endpoint) => {
      expect(await accountOf(await options({}, endpoint))).toMatchObject({ ok: false, error: { code: 'unsafe-hub' } });
      expect(await programs.calls()).toEqual([]);
    },
  );

  it('is cancelled, unless everything is there already', async () => {
    const cancel = (done: number): void => {
      if (done === 1) abort.abort();
    };
    const own = await options({ send: { lines: [HALF], hangs: true } });
    await expect(pushToHub(request, own, cancel)).rejects.toThrow(PushCancelled);
  });

  it('goes to names that the hub takes', () => {
    for (const name of ['me/x', 'my-team/Pricer_1.5', 'a1/b']) expect([name, isRepository(name)]).toEqual([name, true]);
    for (const name of ['x', 'me/', '/x', 'me/x/y', 'me/..', 'me/a--b', 'me/-x', 'me/x.', 'me/x.git', 'm e/x', 'me/ü'])
      expect([name, isRepository(name)]).toEqual([name, false]);
  });

  it('has messages that are taken and refused alike', () => {
    const validate = described('PushOutput');
    for (const message of [HALF, PUSHED, ACCOUNT] as readonly Record<string, unknown>[]) {
      const mutants = Object.keys(message).flatMap((key) => [
        Object.fromEntries(Object.entries(message).filter(([other]) => other !== key)),
        ...[null, -1, 1.5, '', 'text', true, [], {}, [1]].map((other) => ({ ...message, [key]: other })),
      ]);
      for (const one of [message, { ...message, more: 1 }, ...mutants])
        expect([JSON.stringify(one), pushOutput.safeParse(one).success]).toEqual([JSON.stringify(one), validate(one)]);
    }
  });
});
