import type {
  DatasetCheck,
  DatasetRow,
  DatasetSource,
  DatasetSummary,
  DatasetTokens,
  DatasetWorkerApi,
  LineDetails,
  OutlineRow,
} from '../../protocol/datasetWorker.ts';
import { WorkerCalls } from './workerCalls.ts';

/** Dataset worker as an object; see `WorkerCalls` for its thread and the rejections of calls. */
export class DatasetWorkerClient implements DatasetWorkerApi {
  private readonly calls: WorkerCalls;

  /** `file`: the worker's bundle, `dist/datasetWorker.js`. */
  constructor(file: string | URL) {
    this.calls = new WorkerCalls(file);
  }

  inspect(
    source: DatasetSource,
    options: { readonly countTokens: boolean },
    signal?: AbortSignal,
  ): Promise<DatasetSummary> {
    return this.calls.call((id) => ({ id, method: 'inspect', args: [source, options] }), signal);
  }

  rows(source: DatasetSource, offset: number, limit: number, signal?: AbortSignal): Promise<readonly DatasetRow[]> {
    return this.calls.call((id) => ({ id, method: 'rows', args: [source, offset, limit] }), signal);
  }

  testItems(
    path: string,
    answerPrefix: string | null,
    signal?: AbortSignal,
  ): ReturnType<DatasetWorkerApi['testItems']> {
    return this.calls.call((id) => ({ id, method: 'testItems', args: [path, answerPrefix] }), signal);
  }

  floors(
    path: string,
    training: string | null,
    options: Parameters<DatasetWorkerApi['floors']>[2],
    signal?: AbortSignal,
  ): ReturnType<DatasetWorkerApi['floors']> {
    return this.calls.call((id) => ({ id, method: 'floors', args: [path, training, options] }), signal);
  }

  split(
    path: string,
    target: { readonly train: string; readonly validation: string },
    options: Parameters<DatasetWorkerApi['split']>[2],
    signal?: AbortSignal,
  ): ReturnType<DatasetWorkerApi['split']> {
    return this.calls.call((id) => ({ id, method: 'split', args: [path, target, options] }), signal);
  }

  check(
    source: DatasetSource,
    options: Parameters<DatasetWorkerApi['check']>[1],
    signal?: AbortSignal,
  ): Promise<DatasetCheck> {
    return this.calls.call((id) => ({ id, method: 'check', args: [source, options] }), signal);
  }

  countTokens(source: DatasetSource, signal?: AbortSignal): Promise<DatasetTokens> {
    return this.calls.call((id) => ({ id, method: 'countTokens', args: [source] }), signal);
  }

  outline(source: DatasetSource, limit: number, signal?: AbortSignal): Promise<readonly OutlineRow[]> {
    return this.calls.call((id) => ({ id, method: 'outline', args: [source, limit] }), signal);
  }

  describeLine(text: string, signal?: AbortSignal): Promise<LineDetails | null> {
    return this.calls.call((id) => ({ id, method: 'describeLine', args: [text] }), signal);
  }

  fixesOfLine(
    text: string,
    findings: Parameters<DatasetWorkerApi['fixesOfLine']>[1],
    signal?: AbortSignal,
  ): ReturnType<DatasetWorkerApi['fixesOfLine']> {
    return this.calls.call((id) => ({ id, method: 'fixesOfLine', args: [text, findings] }), signal);
  }

  fixText(
    source: DatasetSource,
    codes: readonly string[] | null,
    signal?: AbortSignal,
  ): ReturnType<DatasetWorkerApi['fixText']> {
    return this.calls.call((id) => ({ id, method: 'fixText', args: [source, codes] }), signal);
  }

  fixFile(
    path: string,
    target: string,
    codes: readonly string[] | null,
    signal?: AbortSignal,
  ): ReturnType<DatasetWorkerApi['fixFile']> {
    return this.calls.call((id) => ({ id, method: 'fixFile', args: [path, target, codes] }), signal);
  }

  findDuplicates(path: string, limit: number, signal?: AbortSignal): ReturnType<DatasetWorkerApi['findDuplicates']> {
    return this.calls.call((id) => ({ id, method: 'findDuplicates', args: [path, limit] }), signal);
  }

  findContradictions(
    path: string,
    limit: number,
    signal?: AbortSignal,
  ): ReturnType<DatasetWorkerApi['findContradictions']> {
    return this.calls.call((id) => ({ id, method: 'findContradictions', args: [path, limit] }), signal);
  }

  findLeakage(
    path: string,
    against: string,
    limit: number,
    signal?: AbortSignal,
  ): ReturnType<DatasetWorkerApi['findLeakage']> {
    return this.calls.call((id) => ({ id, method: 'findLeakage', args: [path, against, limit] }), signal);
  }

  compareFormats(path: string, training: string, signal?: AbortSignal): ReturnType<DatasetWorkerApi['compareFormats']> {
    return this.calls.call((id) => ({ id, method: 'compareFormats', args: [path, training] }), signal);
  }

  neighbors(
    path: string,
    question: string,
    most: number,
    signal?: AbortSignal,
  ): ReturnType<DatasetWorkerApi['neighbors']> {
    return this.calls.call((id) => ({ id, method: 'neighbors', args: [path, question, most] }), signal);
  }

  comparePrefix(
    prefix: string | null,
    training: string,
    signal?: AbortSignal,
  ): ReturnType<DatasetWorkerApi['comparePrefix']> {
    return this.calls.call((id) => ({ id, method: 'comparePrefix', args: [prefix, training] }), signal);
  }

  /** `onProgress`: the share of the bytes that has been read, 0…1. */
  report(
    path: string,
    signal?: AbortSignal,
    onProgress?: (fraction: number) => void,
  ): ReturnType<DatasetWorkerApi['report']> {
    return this.calls.call((id) => ({ id, method: 'report', args: [path] }), signal, onProgress);
  }

  /** `onProgress`: the share of the bytes of both files that has been read, 0…1. */
  compare(
    path: string,
    against: string,
    signal?: AbortSignal,
    onProgress?: (fraction: number) => void,
  ): ReturnType<DatasetWorkerApi['compare']> {
    return this.calls.call((id) => ({ id, method: 'compare', args: [path, against] }), signal, onProgress);
  }

  rowChanges(before: string, path: string, signal?: AbortSignal): ReturnType<DatasetWorkerApi['rowChanges']> {
    return this.calls.call((id) => ({ id, method: 'rowChanges', args: [before, path] }), signal);
  }

  readCurve(path: string, signal?: AbortSignal): ReturnType<DatasetWorkerApi['readCurve']> {
    return this.calls.call((id) => ({ id, method: 'readCurve', args: [path] }), signal);
  }

  excerpt(
    path: string,
    lines: readonly number[],
    maxUnits: number,
    signal?: AbortSignal,
  ): ReturnType<DatasetWorkerApi['excerpt']> {
    return this.calls.call((id) => ({ id, method: 'excerpt', args: [path, lines, maxUnits] }), signal);
  }

  removeLines(
    path: string,
    target: string,
    lines: readonly number[],
    before: Parameters<DatasetWorkerApi['removeLines']>[3],
    signal?: AbortSignal,
  ): ReturnType<DatasetWorkerApi['removeLines']> {
    return this.calls.call((id) => ({ id, method: 'removeLines', args: [path, target, lines, before] }), signal);
  }

  splitParts(
    path: string,
    parts: Parameters<DatasetWorkerApi['splitParts']>[1],
    seed: number,
    signal?: AbortSignal,
  ): ReturnType<DatasetWorkerApi['splitParts']> {
    return this.calls.call((id) => ({ id, method: 'splitParts', args: [path, parts, seed] }), signal);
  }

  cleanSplit(
    files: Parameters<DatasetWorkerApi['cleanSplit']>[0],
    targets: Parameters<DatasetWorkerApi['cleanSplit']>[1],
    seed: number,
    signal?: AbortSignal,
  ): ReturnType<DatasetWorkerApi['cleanSplit']> {
    return this.calls.call((id) => ({ id, method: 'cleanSplit', args: [files, targets, seed] }), signal);
  }

  tableOf(path: string, signal?: AbortSignal): ReturnType<DatasetWorkerApi['tableOf']> {
    return this.calls.call((id) => ({ id, method: 'tableOf', args: [path] }), signal);
  }

  convert(
    path: string,
    target: string,
    table: Parameters<DatasetWorkerApi['convert']>[2],
    signal?: AbortSignal,
  ): ReturnType<DatasetWorkerApi['convert']> {
    return this.calls.call((id) => ({ id, method: 'convert', args: [path, target, table] }), signal);
  }

  sample(
    path: string,
    target: string,
    options: Parameters<DatasetWorkerApi['sample']>[2],
    signal?: AbortSignal,
  ): ReturnType<DatasetWorkerApi['sample']> {
    return this.calls.call((id) => ({ id, method: 'sample', args: [path, target, options] }), signal);
  }

  /** Ends the thread; calls under way are rejected, and so is every later call. */
  dispose(): Promise<void> {
    return this.calls.dispose();
  }
}
