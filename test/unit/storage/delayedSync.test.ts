import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DelayedSync } from '../../../src/storage/delayedSync.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('what was written', () => {
  it('is synced once, a while after the first of several writes', async () => {
    const sync = vi.fn(() => Promise.resolve());
    const disk = new DelayedSync(sync, 200);
    disk.written();
    await vi.advanceTimersByTimeAsync(150);
    disk.written();
    expect(sync).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(50);
    expect(sync).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(sync).toHaveBeenCalledTimes(1);
  });

  it('is synced only when asked without a time, and not again when nothing was written since', async () => {
    const sync = vi.fn(() => Promise.resolve());
    const disk = new DelayedSync(sync, null);
    disk.written();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sync).not.toHaveBeenCalled();
    await disk.now();
    await disk.now();
    expect(sync).toHaveBeenCalledTimes(1);
  });

  it('is nothing at first', async () => {
    const sync = vi.fn(() => Promise.resolve());
    await new DelayedSync(sync, 200).now();
    expect(sync).not.toHaveBeenCalled();
  });

  it('and was synced when asked leaves no timer: the next write has its whole time', async () => {
    const sync = vi.fn(() => Promise.resolve());
    const disk = new DelayedSync(sync, 200);
    disk.written();
    await vi.advanceTimersByTimeAsync(150);
    await disk.now();
    expect(vi.getTimerCount()).toBe(0);
    disk.written();
    await vi.advanceTimersByTimeAsync(199);
    expect(sync).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(sync).toHaveBeenCalledTimes(2);
  });

  it('during a sync is synced by another one before those who asked go on', async () => {
    const ends: (() => void)[] = [];
    const disk = new DelayedSync(() => new Promise((resolve) => void ends.push(resolve)), null);
    disk.written();
    let done = false;
    const first = disk.now();
    disk.written();
    const second = disk.now().then(() => (done = true));
    ends[0]?.();
    await vi.waitFor(() => {
      expect(ends).toHaveLength(2);
    });
    expect(done).toBe(false);
    ends[1]?.();
    await Promise.all([first, second]);
  });

  it('counts as not synced after a failure, which whoever asked is told', async () => {
    const sync = vi.fn(() => Promise.resolve()).mockRejectedValueOnce(new Error('EIO'));
    const disk = new DelayedSync(sync, null);
    disk.written();
    await expect(disk.now()).rejects.toThrow('EIO');
    await disk.now();
    expect(sync).toHaveBeenCalledTimes(2);
  });
});
