// What may pass between the extension and its webviews, checked on arrival by either side. The types are those of panels.ts:
// the assertions at the end fail to compile when a schema and its interface differ.
import * as z from 'zod/mini';
import { ROLES } from '../core/dataset/example.ts';
import { REPORT_ACTIONS, type FromPanel, type SavedPanel, type ToPanel } from './panels.ts';

const count = z.int().check(z.nonnegative());
const nullableNumber = z.nullable(z.number());

const chatMessage = z.object({
  role: z.enum(ROLES),
  content: z.nullable(
    z.union([z.string(), z.array(z.object({ type: z.string(), text: z.exactOptional(z.string()) }))]),
  ),
  name: z.exactOptional(z.string()),
  weight: z.exactOptional(z.union([z.literal(0), z.literal(1)])),
  tool_calls: z.exactOptional(
    z.array(
      z.object({
        id: z.exactOptional(z.string()),
        type: z.exactOptional(z.string()),
        function: z.object({ name: z.string(), arguments: z.string() }),
      }),
    ),
  ),
  tool_call_id: z.exactOptional(z.string()),
});

const headline = z.object({ tone: z.enum(['neutral', 'good', 'warning', 'bad']), text: z.string() });

const metricPoint = z.object({
  step: z.number(),
  totalSteps: nullableNumber,
  trainLoss: nullableNumber,
  trainAccuracy: nullableNumber,
  validLoss: nullableNumber,
  validAccuracy: nullableNumber,
  fullValidLoss: nullableNumber,
  fullValidAccuracy: nullableNumber,
});

const jobFields = z.object({
  connectionName: z.string(),
  jobId: z.string(),
  title: z.string(),
  status: z.string(),
  model: z.string(),
  fineTunedModel: z.nullable(z.string()),
  facts: z.array(z.string()),
  headline,
  step: nullableNumber,
  totalSteps: nullableNumber,
  checkpoints: z.array(z.object({ step: z.number(), label: z.string() })),
  canCancel: z.boolean(),
  canEvaluate: z.boolean(),
  canOpenLine: z.exactOptional(z.boolean()),
});

const jobEvents = z.array(z.object({ id: z.string(), createdAt: z.number(), level: z.string(), message: z.string() }));

const jobState = z.extend(jobFields, {
  panel: z.literal('job'),
  metrics: z.array(metricPoint),
  events: jobEvents,
});

// `z.partial` would let `undefined` in; a patch that says `title: undefined` is a bug of the sender.
const { shape } = jobFields;
const jobPatchFields = z.object({
  connectionName: z.exactOptional(shape.connectionName),
  jobId: z.exactOptional(shape.jobId),
  title: z.exactOptional(shape.title),
  status: z.exactOptional(shape.status),
  model: z.exactOptional(shape.model),
  fineTunedModel: z.exactOptional(shape.fineTunedModel),
  facts: z.exactOptional(shape.facts),
  headline: z.exactOptional(shape.headline),
  step: z.exactOptional(shape.step),
  totalSteps: z.exactOptional(shape.totalSteps),
  checkpoints: z.exactOptional(shape.checkpoints),
  canCancel: z.exactOptional(shape.canCancel),
  canEvaluate: z.exactOptional(shape.canEvaluate),
  canOpenLine: shape.canOpenLine,
});

const sampling = z.object({ temperature: z.number(), maxTokens: z.number(), seed: z.number() });

const runConfig = z.object({
  v: z.literal(1),
  id: z.string(),
  createdAt: z.number(),
  name: z.string(),
  testFile: z.object({ path: z.string(), sha256: z.string(), items: count }),
  contestants: z.array(
    z.object({
      id: z.string(),
      kind: z.enum(['fine-tuned', 'base', 'constant']),
      label: z.string(),
      connectionId: z.exactOptional(z.string()),
      model: z.exactOptional(z.string()),
      constant: z.exactOptional(z.string()),
      constantSource: z.exactOptional(z.string()),
    }),
  ),
  grader: z.enum(['number', 'string_check']),
  sampling,
  answerPrefix: z.nullable(z.string()),
  concurrency: z.number(),
  jobId: z.exactOptional(z.string()),
});

const runStatus = z.enum(['running', 'cancelled', 'interrupted', 'paused', 'finished']);

const rowResult = z.object({
  contestant: z.string(),
  item: count,
  status: z.enum(['graded', 'no-number', 'error']),
  sample: z.nullable(z.string()),
  finishReason: z.exactOptional(z.string()),
  guess: z.nullable(z.union([z.number(), z.string()])),
  truth: z.union([z.number(), z.string()]),
  error: nullableNumber,
  colour: z.nullable(z.enum(['green', 'orange', 'red'])),
  message: z.exactOptional(z.string()),
});

const contestantReport = z.object({
  contestant: z.string(),
  n: count,
  noNumber: count,
  errors: count,
  meanError: nullableNumber,
  lessonMeanError: nullableNumber,
  medianError: nullableNumber,
  rmsle: nullableNumber,
  lessonRmsle: nullableNumber,
  hits: nullableNumber,
  green: count,
  orange: count,
  red: count,
});

const evaluationState = z.object({
  panel: z.literal('evaluation'),
  run: runConfig,
  status: runStatus,
  headline,
  items: z.array(z.object({ index: count, line: count, title: z.string() })),
  rows: z.array(rowResult),
  reports: z.array(contestantReport),
  notice: z.nullable(z.string()),
});

const tryState = z.object({
  panel: z.literal('try'),
  connectionName: z.string(),
  model: z.string(),
  dataset: z.nullable(
    z.object({
      name: z.string(),
      rows: z.array(z.object({ line: count, title: z.string() })),
      total: count,
    }),
  ),
  busy: z.boolean(),
  sampling,
  result: z.nullable(
    z.object({
      sent: z.array(chatMessage),
      reply: z.string(),
      finishReason: z.string(),
      number: nullableNumber,
      truth: z.nullable(z.string()),
      truthNumber: nullableNumber,
      line: z.nullable(count),
    }),
  ),
  problem: z.nullable(z.object({ message: z.string(), action: z.string() })),
});

const figure = z.object({ id: z.string(), count, line: z.nullable(count) });
const mark = z.object({ label: z.string(), value: z.number(), figure });
const histogram = z.nullable(
  z.object({
    marks: z.array(mark),
    bars: z.array(z.object({ from: z.number(), to: z.number(), figure })),
  }),
);

const reportView = z.object({
  headline,
  facts: z.array(z.object({ text: z.string(), figure: z.nullable(z.string()) })),
  tokens: histogram,
  answers: histogram,
  messages: z.array(mark),
  problems: z.array(
    z.object({
      code: z.string(),
      title: z.string(),
      severity: z.enum(['error', 'warning', 'information']),
      ofFile: z.boolean(),
      figure: z.nullable(figure),
      message: z.string(),
    }),
  ),
  relations: z.object({ exact: figure, near: figure, prompts: count, contradictory: figure }),
  comparison: z.nullable(
    z.object({
      with: z.string(),
      held: z.string(),
      training: z.string(),
      heldRows: count,
      rows: z.array(z.object({ label: z.string(), held: figure, training: figure })),
      format: z.array(z.string()),
      problem: z.nullable(z.string()),
    }),
  ),
  distinctAnswers: figure,
  frequentAnswers: z.array(z.object({ text: z.string(), share: z.number(), figure })),
  roles: z.array(z.object({ role: z.string(), messages: count, tokens: count, figure })),
  cost: z.nullable(
    z.object({
      sentence: z.string(),
      epochs: count,
      trainedTokens: count,
      rows: z.array(
        z.object({
          model: z.string(),
          price: nullableNumber,
          own: z.boolean(),
          epochUsd: z.number(),
          totalUsd: z.number(),
          contextTokens: nullableNumber,
          over: z.nullable(figure),
          note: z.string(),
          retired: z.boolean(),
        }),
      ),
      notes: z.array(z.string()),
    }),
  ),
});

const reportState = z.object({
  panel: z.literal('report'),
  file: z.string(),
  against: z.nullable(z.string()),
  name: z.string(),
  folder: z.string(),
  status: z.enum(['reading', 'ready', 'failed', 'cancelled']),
  progress: z.number(),
  notice: z.nullable(z.string()),
  problem: z.nullable(z.object({ message: z.string(), action: z.string() })),
  proposals: z.array(z.string()),
  view: z.nullable(reportView),
});

const toPanel = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('state'),
    state: z.discriminatedUnion('panel', [jobState, evaluationState, tryState, reportState]),
  }),
  z.object({
    type: z.literal('jobPatch'),
    patch: z.object({ fields: jobPatchFields, metrics: z.array(metricPoint), events: jobEvents }),
  }),
  z.object({
    type: z.literal('evaluationPatch'),
    patch: z.object({
      status: z.exactOptional(runStatus),
      headline: z.exactOptional(headline),
      notice: z.exactOptional(z.nullable(z.string())),
      rows: z.array(rowResult),
      reports: z.exactOptional(z.array(contestantReport)),
    }),
  }),
  z.object({ type: z.literal('reportProgress'), fraction: z.number() }),
  z.object({
    type: z.literal('row'),
    item: count,
    messages: z.array(chatMessage),
    truth: z.string(),
    samples: z.array(
      z.object({ contestant: z.string(), sample: z.nullable(z.string()), message: z.nullable(z.string()) }),
    ),
  }),
]);

// A page that was taken over may send anything: what it asks with has the bounds a person's typing has.
const typed = z.string().check(z.maxLength(1_000_000));
const askedSampling = z.object({
  temperature: z.number().check(z.gte(0), z.lte(2)),
  maxTokens: z.int().check(z.positive(), z.lte(1_000_000)),
  seed: z.int(),
});

const fromPanel = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('copyModelName') }),
  z.object({ type: z.literal('cancelJob') }),
  z.object({ type: z.literal('evaluateJob') }),
  z.object({ type: z.literal('tryJob') }),
  z.object({ type: z.literal('openFailedLine') }),
  z.object({ type: z.literal('cancelRun') }),
  z.object({ type: z.literal('resumeRun') }),
  z.object({ type: z.literal('showRow'), item: count }),
  z.object({ type: z.literal('openLine'), item: count }),
  z.object({ type: z.literal('chooseDataset') }),
  z.object({ type: z.literal('askLine'), line: count, keepPrefix: z.boolean(), sampling: askedSampling }),
  z.object({ type: z.literal('askPrompt'), system: typed, prompt: typed, prefix: typed, sampling: askedSampling }),
  z.object({ type: z.literal('stopAsking') }),
  z.object({ type: z.literal('refreshReport') }),
  z.object({ type: z.literal('cancelReport') }),
  z.object({ type: z.literal('compareReport'), proposal: z.nullable(count) }),
  z.object({ type: z.literal('stopComparing') }),
  z.object({ type: z.literal('exportReport') }),
  z.object({ type: z.literal('showFigure'), figure: z.string().check(z.maxLength(200)) }),
  z.object({ type: z.literal('reportAction'), action: z.enum(REPORT_ACTIONS) }),
]);

/** Longer than any path that a system takes. */
const path = z.string().check(z.minLength(1), z.maxLength(32_768));

const savedPanel = z.discriminatedUnion('panel', [
  z.object({
    v: z.literal(1),
    panel: z.literal('job'),
    connectionName: z.string(),
    jobId: z.string(),
    view: z.unknown(),
  }),
  z.object({ v: z.literal(1), panel: z.literal('evaluation'), runId: z.string(), view: z.unknown() }),
  z.object({
    v: z.literal(1),
    panel: z.literal('try'),
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
]);

/** A message of the extension, or undefined when it is none: drop it and log. */
export function parseToPanel(raw: unknown): ToPanel | undefined {
  return toPanel.safeParse(raw).data;
}

/** A message of a page, or undefined when it is none: drop it and log. */
export function parseFromPanel(raw: unknown): FromPanel | undefined {
  return fromPanel.safeParse(raw).data;
}

/** What a page kept with `setState`, as a serializer gets it after a reload; untrusted. Undefined when it is none. */
export function parseSavedPanel(raw: unknown): SavedPanel | undefined {
  return savedPanel.safeParse(raw).data;
}

type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the usual way to ask the compiler for identity
type Same<A, B> = (<T>() => T extends Frozen<A> ? 1 : 2) extends <T>() => T extends Frozen<B> ? 1 : 2 ? true : false;
true satisfies Same<z.output<typeof toPanel>, ToPanel>;
true satisfies Same<z.output<typeof fromPanel>, FromPanel>;
true satisfies Same<z.output<typeof savedPanel>, SavedPanel>;
