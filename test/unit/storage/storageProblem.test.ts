import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeFileAtomicSync } from '../../../src/storage/atomicFile.ts';
import { isDiskFull, storageProblem } from '../../../src/storage/storageProblem.ts';

const coded = (code: string): Error => Object.assign(new Error(code), { code });

describe('an error of the file system', () => {
  it.each(['ENOSPC', 'EDQUOT', 'EFBIG'])('%s: there is no room, and room helps', (code) => {
    expect(isDiskFull(coded(code))).toBe(true);
    expect(storageProblem(coded(code), '/storage')).toMatchObject({
      code: 'storage-unwritable',
      message: expect.stringContaining(`/storage`) as string,
      action: 'Make room, then try again.',
    });
  });

  it.each(['EROFS', 'EACCES', 'EPERM', 'EMFILE', 'ENFILE', 'EIO', 'EBADF', 'EBUSY', 'ENOTDIR'])(
    '%s: nothing can be written, but not for want of room',
    (code) => {
      expect(isDiskFull(coded(code))).toBe(false);
      expect(storageProblem(coded(code), '/storage')?.message).toContain(`(${code})`);
    },
  );

  it.each([coded('ECONNRESET'), new Error('ENOSPC'), 'ENOSPC', null])('%s is none', (error) => {
    expect(isDiskFull(error)).toBe(false);
    expect(storageProblem(error, '/storage')).toBeNull();
  });
});

describe('a file that is replaced synchronously', () => {
  it('is whole, for its owner only, and leaves nothing behind when it cannot be replaced', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'tuning-fork-sync-'));
    try {
      const file = path.join(folder, 'record.json');
      writeFileAtomicSync(file, 'old');
      writeFileAtomicSync(file, new TextEncoder().encode('new'));
      expect(readFileSync(file, 'utf8')).toBe('new');
      if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(() => {
        writeFileAtomicSync(folder, 'a folder stands there');
      }).toThrow(expect.objectContaining({ code: expect.stringMatching(/EISDIR|EPERM|ENOTEMPTY|EEXIST/) as string }));
      expect(readdirSync(folder)).toEqual(['record.json']);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
