import * as z from 'zod/mini';

const columnId = z.string().check(z.maxLength(300));

/** State of the Jobs table kept over a reload. Every field falls back on its own: a page of another version may have written it. */
const jobsView = z.object({
  /** Null: the first choice. */
  columns: z.catch(z.nullable(z.array(columnId).check(z.maxLength(500))), null),
  sort: z.catch(z.object({ key: columnId, descending: z.boolean() }), { key: 'created', descending: true }),
  text: z.catch(z.string().check(z.maxLength(1000)), ''),
  status: z.catch(z.nullable(z.string()), null),
  starredOnly: z.catch(z.boolean(), false),
  withHidden: z.catch(z.boolean(), false),
  sweep: z.catch(z.nullable(columnId), null),
  /** Columns while a sweep is shown; null: the first choice. */
  sweepColumns: z.catch(z.nullable(z.array(columnId).check(z.maxLength(500))), null),
  differing: z.catch(z.boolean(), false),
  selected: z.catch(z.array(z.string()).check(z.maxLength(1000)), []),
  scatter: z.catch(z.boolean(), false),
  /** Columns on the axes; null: the first choice. */
  x: z.catch(z.nullable(columnId), null),
  y: z.catch(z.nullable(columnId), null),
  logX: z.catch(z.boolean(), false),
  logY: z.catch(z.boolean(), false),
});
export type JobsViewState = z.output<typeof jobsView>;

/** Reads what the page kept; untrusted. */
export function readJobsView(saved: unknown): JobsViewState {
  return jobsView.safeParse(saved ?? {}).data ?? jobsView.parse({});
}
