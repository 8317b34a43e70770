import { createChecker } from '../core/dataset/check/checker.ts';
import type { NumberedExample } from '../core/evaluation/prompt.ts';
import { readLines } from './readLines.ts';

/** Chat examples of a file, and the SHA-256 of its bytes (hexadecimal). */
export interface ExamplesOfFile {
  readonly examples: readonly NumberedExample[];
  readonly sha256: string;
}

/** Reads the chat examples of a file; rows with errors are left out. @throws WorkerProblem when it cannot be read */
export async function examplesOf(path: string, signal: AbortSignal): Promise<ExamplesOfFile> {
  const checker = createChecker({ accept: 'any', minExamples: 0 });
  const examples: NumberedExample[] = [];
  const onLine = (line: Parameters<typeof checker.line>[0]): boolean => {
    const { example } = checker.line(line);
    if (example !== null) examples.push({ line: line.number, example });
    return !checker.stopped;
  };
  const { sha256 } = await readLines({ path }, { signal, onLine });
  return { examples, sha256 };
}
