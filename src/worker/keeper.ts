import type { Finding } from '../core/dataset/finding.ts';
import type { DatasetCheck } from '../protocol/datasetWorker.ts';

/** The first findings of a file, errors apart from the rest, and how many there are. */
export interface KeptFindings {
  readonly errors: readonly Finding[];
  readonly rest: readonly Finding[];
  readonly findingCount: number;
  readonly errorCount: number;
}

/** Keeps `limit` errors and as many other findings, in the order they come. */
export function createKeeper(limit: number) {
  const errors: Finding[] = [];
  const rest: Finding[] = [];
  let findingCount = 0;
  let errorCount = 0;
  const add = (findings: readonly Finding[]): void => {
    for (const finding of findings) {
      findingCount += 1;
      const error = finding.severity === 'error';
      if (error) errorCount += 1;
      const list = error ? errors : rest;
      if (list.length < limit) list.push(finding);
    }
  };
  return {
    add,
    state: (): KeptFindings => ({ errors, rest, findingCount, errorCount }),
    /** Adds the findings of the lines that follow the first `lines`, with findings that became known only now, at their lines. */
    join(state: KeptFindings, lines: number, more: readonly Finding[]): void {
      const kept = [...state.errors, ...state.rest].map((finding) =>
        finding.line === 0
          ? finding
          : {
              ...finding,
              line: finding.line + lines,
              ...(finding.endLine === undefined ? {} : { endLine: finding.endLine + lines }),
            },
      );
      // A stable sort: of one line, those of its rules come first.
      add([...kept, ...more].sort((a, b) => a.line - b.line));
      findingCount += state.findingCount - kept.length;
      errorCount += state.errorCount - state.errors.length;
    },
    /** @param most fewer than `limit`, when other findings are reported too */
    result(most = limit): Pick<DatasetCheck, 'findings' | 'findingCount' | 'errorCount'> {
      const findings = [...errors, ...rest]
        .slice(0, Math.max(0, most))
        .sort((a, b) => a.line - b.line || a.column - b.column || Number(a.severity !== 'error'));
      return { findings, findingCount, errorCount };
    },
  };
}
