import { expect, it, vi } from 'vitest';
import { createDatasetService } from '../../../src/worker/datasetService.ts';

const text = '{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}\n';

it('reads the table of tokens once the findings are there, not beside the check that somebody waits for', async () => {
  const warm = vi.fn();
  const counter = vi.fn(() => {
    throw new Error('No token was to be counted.');
  });
  const service = createDatasetService(counter, warm);
  const check = service.check(
    [
      { name: 'rows.jsonl', text },
      { disk: null, forTraining: true, limit: 9 },
    ],
    new AbortController().signal,
  );
  expect(warm).not.toHaveBeenCalled();
  await check;
  expect(warm).toHaveBeenCalledOnce();
  expect(counter).not.toHaveBeenCalled();
});
