import path from 'node:path';
import type * as vscode from 'vscode';
import { t } from '../../core/base/messages.ts';
import type { DecimalMark } from '../../core/evaluation/readNumber.ts';
import type { ChatMessage } from '../../core/dataset/example.ts';
import { replyNumberOf, truthNumberOf, withoutPrefix } from '../../core/evaluation/graders/number.ts';
import { leftOutInWords } from '../../core/evaluation/report/words.ts';
import { samplingRule } from '../../core/provider/reasoning.ts';
import { shortModelName } from '../../core/training/modelName.ts';
import type { Sampling } from '../../core/evaluation/types.ts';
import type { DatasetRow } from '../../protocol/datasetWorker.ts';
import type { FromPanel } from '../../protocol/panelMessages.ts';
import type { TryPanelState } from '../../protocol/tryPanel.ts';
import { asProblem, Cancelled, ProblemError } from '../ui/errors.ts';
import { withRemedy } from '../connections/providers.ts';
import type { Services } from '../services.ts';
import { requireTrust } from '../ui/trust.ts';
import { WebviewPanel, type PanelHost } from '../panels/webviewPanel.ts';

export type TryPanelServices = PanelHost & Pick<Services, 'providers' | 'datasets'>;

export interface ModelRef {
  readonly connectionId: string;
  readonly connectionName: string;
  readonly model: string;
  /** Such as `Price is $`; suggested for typed prompts and kept for chosen lines. */
  readonly answerPrefix: string | null;
}

/** Most rows to choose from; the list says so when the file has more. */
const MAX_ROWS = 2000;
/** Units of an answer that the list shows. */
const TRUTH_UNITS = 200;
const DEFAULT_SAMPLING: Sampling = { temperature: 0, maxTokens: 32, seed: 42 };

/** Sends one prompt to a model: a line of a dataset without its answer, or a typed one. */
export class TryPanel {
  readonly #services: TryPanelServices;
  readonly #ref: ModelRef;
  readonly #page: WebviewPanel;
  readonly #chooseFile: () => Promise<string>;
  #dataset: {
    readonly path: string;
    readonly rows: readonly DatasetRow[];
    readonly total: number;
    /** Beginning that all answers share. */
    readonly prefix: string | null;
    readonly decimalMark: DecimalMark;
    readonly chosen: number | null;
  } | null = null;
  #sampling: Sampling = DEFAULT_SAMPLING;
  #result: TryPanelState['result'] = null;
  #problem: TryPanelState['problem'] = null;
  #asking: AbortController | null = null;

  constructor(
    services: TryPanelServices,
    panel: vscode.WebviewPanel,
    ref: ModelRef,
    chooseFile: () => Promise<string>,
  ) {
    this.#services = services;
    this.#ref = ref;
    this.#chooseFile = chooseFile;
    this.#page = new WebviewPanel(services, panel, 'try', {
      state: () => this.#state(),
      receive: (message) => {
        void this.#receive(message).catch((error: unknown) => {
          if (error instanceof Cancelled) return;
          const problem = asProblem(error);
          services.log.warn(`Try Model: ${problem.code}: ${problem.message}`);
          this.#problem = { message: problem.message, action: problem.action };
          this.#update();
        });
      },
    });
    panel.onDidDispose(() => this.#asking?.abort());
    panel.title = t('Try {0}', shortModelName(ref.model));
  }

  reveal(): void {
    this.#page.panel.reveal();
  }

  /** Whether there are lines to choose from. */
  get hasDataset(): boolean {
    return this.#dataset !== null;
  }

  /** Shows the lines of a dataset to choose from; `line` is chosen at first, or the first one. */
  async useDataset(file: string, line?: number): Promise<void> {
    const summary = await this.#services.datasets.inspect({ path: file }, { countTokens: false });
    const rows = await this.#services.datasets.rows({ path: file }, 0, MAX_ROWS);
    if (rows.length === 0) {
      throw new ProblemError({
        code: 'no-rows',
        message: t('{0} contains no examples.', path.basename(file)),
        action: t('Choose another dataset.'),
      });
    }
    const { commonPrefix, decimalMark } = summary.answers;
    const chosen = line ?? rows[0]?.line ?? null;
    this.#dataset = { path: file, rows, total: summary.examples, prefix: commonPrefix, decimalMark, chosen };
    this.#problem = null;
    this.#update();
  }

  #state(): TryPanelState {
    const dataset = this.#dataset;
    return {
      panel: 'try',
      connectionId: this.#ref.connectionId,
      connectionName: this.#ref.connectionName,
      model: this.#ref.model,
      dataset: dataset && {
        name: path.basename(dataset.path),
        rows: dataset.rows.map(({ line, title, answer }) => ({
          line,
          title,
          truth: withoutPrefix(answer, dataset.prefix ?? '').slice(0, TRUTH_UNITS),
        })),
        total: dataset.total,
        prefix: dataset.rows.some(({ answer }) => prefixOf(answer, this.#ref.answerPrefix) !== null)
          ? this.#ref.answerPrefix
          : null,
        chosen: dataset.chosen,
      },
      busy: this.#asking !== null,
      sampling: this.#sampling,
      result: this.#result,
      problem: this.#problem,
    };
  }

  #update(): void {
    this.#page.post({ type: 'state', state: this.#state() });
  }

  async #receive(message: Exclude<FromPanel, { type: 'ready' }>): Promise<void> {
    switch (message.type) {
      case 'chooseDataset':
        await this.useDataset(await this.#chooseFile());
        return;
      case 'askLine': {
        const row = this.#dataset?.rows.find((candidate) => candidate.line === message.line);
        if (!row) return;
        const prefix = message.keepPrefix ? prefixOf(row.answer, this.#ref.answerPrefix) : null;
        const messages: readonly ChatMessage[] =
          prefix === null ? row.messages : [...row.messages, { role: 'assistant', content: prefix }];
        await this.#ask(messages, message.sampling, { answerPrefix: prefix, row });
        return;
      }
      case 'askPrompt': {
        const messages: ChatMessage[] = [];
        if (message.system.trim() !== '') messages.push({ role: 'system', content: message.system });
        messages.push({ role: 'user', content: message.prompt });
        if (message.prefix !== '') messages.push({ role: 'assistant', content: message.prefix });
        await this.#ask(messages, message.sampling, { answerPrefix: message.prefix, row: null });
        return;
      }
      case 'stopAsking':
        this.#asking?.abort();
        return;
      default:
        this.#services.log.warn(`The try panel sent ${message.type}, which is not its own.`);
    }
  }

  async #ask(
    messages: readonly ChatMessage[],
    sampling: Sampling,
    { answerPrefix, row }: { readonly answerPrefix: string | null; readonly row: DatasetRow | null },
  ): Promise<void> {
    requireTrust();
    if (this.#asking) return;
    // The user may choose another dataset while the model answers.
    const truthPrefix = row ? (this.#dataset?.prefix ?? null) : null;
    const decimalMark = (row && this.#dataset?.decimalMark) ?? 'point';
    const reading = { answerPrefix, truthPrefix, numberReader: { version: 2, decimalMark } } as const;
    const abort = new AbortController();
    this.#asking = abort;
    this.#sampling = sampling;
    this.#problem = null;
    this.#update();
    try {
      const provider = await this.#services.providers.get(this.#ref.connectionId);
      const { model } = this.#ref;
      const { leftOut, maxTokens } = samplingRule(model, sampling.maxTokens);
      const reply = await provider.chat(
        { model, messages, sampling: { ...sampling, maxTokens: maxTokens ?? sampling.maxTokens }, leaveOut: leftOut },
        { signal: abort.signal },
      );
      this.#result = {
        sent: messages,
        reply: reply.text,
        finishReason: reply.finishReason,
        number: replyNumberOf({ sample: reply.text, ...reading }),
        truth: row?.answer ?? null,
        truthNumber: row && truthNumberOf({ truth: row.answer, ...reading }),
        line: row?.line ?? null,
        leftOut: leftOutInWords(model, reply.leftOut),
      };
    } catch (error) {
      if (!abort.signal.aborted)
        throw withRemedy(error, await this.#services.providers.connection(this.#ref.connectionId));
    } finally {
      this.#asking = null;
      this.#update();
    }
  }
}

/** Prefix for the reply when the answer of the line begins with it, else null. */
function prefixOf(answer: string, prefix: string | null): string | null {
  return prefix !== null && answer.startsWith(prefix) ? prefix : null;
}
