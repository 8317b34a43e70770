import * as z from 'zod/mini';
import type { Same } from './panelShared.ts';

/**
 * Page's memory, written with `setState` and given to a `WebviewPanelSerializer` after the window was reloaded: enough to find the
 * subject again. `view` is the page's own (zoom, smoothing, sorting) and comes back to it by itself.
 */
export type SavedPanel =
  | {
      readonly v: 1;
      readonly panel: 'job';
      /** Pages of earlier versions kept the name alone. */
      readonly connectionId?: string;
      readonly connectionName: string;
      readonly jobId: string;
      readonly view: unknown;
    }
  | { readonly v: 1; readonly panel: 'jobs'; readonly view: unknown }
  | {
      readonly v: 1;
      readonly panel: 'compare';
      readonly jobs: readonly { readonly connectionId: string; readonly jobId: string }[];
      readonly view: unknown;
    }
  | { readonly v: 1; readonly panel: 'curve'; readonly paths: readonly string[]; readonly view: unknown }
  | { readonly v: 1; readonly panel: 'evaluation'; readonly runId: string; readonly view: unknown }
  | {
      readonly v: 1;
      readonly panel: 'try';
      /** Pages of earlier versions kept the name alone. */
      readonly connectionId?: string;
      readonly connectionName: string;
      readonly model: string;
      readonly view: unknown;
    }
  | {
      readonly v: 1;
      readonly panel: 'report';
      readonly file: string;
      readonly against: string | null;
      readonly view: unknown;
    }
  | {
      readonly v: 1;
      readonly panel: 'leave';
      readonly connectionId: string;
      readonly folder: string | null;
      readonly view: unknown;
    };

/** A path; the limit is longer than any that a system takes. */
const path = z.string().check(z.minLength(1), z.maxLength(32_768));

const savedPanel = z.discriminatedUnion('panel', [
  z.object({
    v: z.literal(1),
    panel: z.literal('job'),
    connectionId: z.exactOptional(z.string()),
    connectionName: z.string(),
    jobId: z.string(),
    view: z.unknown(),
  }),
  z.object({ v: z.literal(1), panel: z.literal('jobs'), view: z.unknown() }),
  z.object({
    v: z.literal(1),
    panel: z.literal('compare'),
    jobs: z.array(z.object({ connectionId: z.string(), jobId: z.string() })).check(z.minLength(1), z.maxLength(1000)),
    view: z.unknown(),
  }),
  z.object({
    v: z.literal(1),
    panel: z.literal('curve'),
    paths: z.array(path).check(z.minLength(1), z.maxLength(1000)),
    view: z.unknown(),
  }),
  z.object({ v: z.literal(1), panel: z.literal('evaluation'), runId: z.string(), view: z.unknown() }),
  z.object({
    v: z.literal(1),
    panel: z.literal('try'),
    connectionId: z.exactOptional(z.string()),
    connectionName: z.string(),
    model: z.string(),
    view: z.unknown(),
  }),
  z.object({
    v: z.literal(1),
    panel: z.literal('report'),
    file: path,
    against: z.nullable(path),
    view: z.unknown(),
  }),
  z.object({
    v: z.literal(1),
    panel: z.literal('leave'),
    connectionId: z.string(),
    folder: z.nullable(path),
    view: z.unknown(),
  }),
]);

/** Checks a page's memory as a serializer gets it after a reload: untrusted. Undefined when it fits no panel. */
export function parseSavedPanel(raw: unknown): SavedPanel | undefined {
  return savedPanel.safeParse(raw).data;
}

true satisfies Same<z.output<typeof savedPanel>, SavedPanel>;
