import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { extensionFolders } from '../../../src/cli/storage.ts';
import { createProgress, visible } from '../../../src/cli/terminal.ts';
import { bigList, HIDDEN, OWN_STRINGS } from '../../support/naughtyStrings.ts';

function progressOn(stream: { readonly isTTY: boolean; readonly columns?: number }) {
  let written = '';
  const sink = Object.assign(new PassThrough(), stream);
  sink.on('data', (part: Buffer) => (written += part.toString()));
  return { progress: createProgress(sink as unknown as NodeJS.WriteStream), written: () => written };
}

describe('progress', () => {
  it('is a line for every step where there is no terminal', () => {
    const { progress, written } = progressOn({ isTTY: false });
    progress.show('Uploading…');
    progress.show('Uploading… 50%', true);
    progress.show('Uploading…');
    progress.show('Creating the job…');
    progress.end();
    expect(written()).toBe('Uploading…\nCreating the job…\n');
  });

  it('is one line that changes on a terminal, never longer than the terminal is wide', () => {
    const { progress, written } = progressOn({ isTTY: true, columns: 20 });
    progress.show('Uploading… 50%', true);
    progress.show('x'.repeat(60));
    progress.end();
    progress.end();
    expect(written()).toBe(`\r\u001b[KUploading… 50%\r\u001b[K${'x'.repeat(18)}…\n`);
  });
});

describe('what is shown on a terminal', () => {
  it('holds nothing that steers it', () => {
    for (const text of [...OWN_STRINGS, ...(bigList() ?? [])])
      expect(visible(text).replace(/\p{Cs}/gu, '')).not.toMatch(HIDDEN);
  });
});

describe("the extension's folder", () => {
  it.each<[NodeJS.Platform, NodeJS.ProcessEnv, string]>([
    ['linux', {}, '/home/a/.config/Code/User/globalStorage/tuning-fork.tuning-fork'],
    ['linux', { XDG_CONFIG_HOME: '/c' }, '/c/Code/User/globalStorage/tuning-fork.tuning-fork'],
    ['darwin', {}, '/home/a/Library/Application Support/Code/User/globalStorage/tuning-fork.tuning-fork'],
    ['win32', { APPDATA: 'C:\\r' }, 'C:\\r\\Code\\User\\globalStorage\\tuning-fork.tuning-fork'],
  ])('on %s is where VS Code keeps it', (platform, environment, folder) => {
    expect(extensionFolders(platform, environment, '/home/a')[0]).toBe(folder);
  });

  it('may be that of a remote window', () => {
    expect(extensionFolders('linux', {}, '/home/a')).toContain(
      '/home/a/.vscode-server/data/User/globalStorage/tuning-fork.tuning-fork',
    );
  });
});
