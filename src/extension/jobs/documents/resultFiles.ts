import * as vscode from 'vscode';
import { resultCsvText } from '../../../core/training/curves/resultCsv.ts';
import type { Services } from '../../services.ts';
import { asProblem } from '../../ui/errors.ts';
import { withRemedy } from '../../connections/providers.ts';

const SCHEME = 'tuning-fork-results';

/** The address of a job's result file as a read-only document. */
export function resultFileUri(connectionId: string, jobId: string, fileId: string): vscode.Uri {
  const query = new URLSearchParams({ connection: connectionId, job: jobId, file: fileId }).toString();
  return vscode.Uri.from({ scheme: SCHEME, path: '/results.csv', query });
}

/** Result files, fetched when they are opened and decoded where the provider sends base64. */
export function registerResultFiles(services: Pick<Services, 'jobs' | 'providers' | 'log'>): vscode.Disposable {
  return vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
    provideTextDocumentContent: async (uri, token) => {
      const query = new URLSearchParams(uri.query);
      const connectionId = query.get('connection') ?? '';
      const fileId = query.get('file') ?? '';
      await services.jobs.load();
      const record = services.jobs.get(connectionId, query.get('job') ?? '');
      // An address may be typed by anybody: only files of jobs that are known are fetched.
      if (!record?.job.resultFiles.includes(fileId)) return 'This result file belongs to no job that is known here.';
      const abort = new AbortController();
      token.onCancellationRequested(() => {
        abort.abort();
      });
      try {
        const provider = await services.providers.get(connectionId);
        const text = new TextDecoder().decode(await provider.fileContent(fileId, { signal: abort.signal }));
        return resultCsvText(text) ?? text;
      } catch (error) {
        const problem = asProblem(withRemedy(error, await services.providers.connection(connectionId)));
        services.log.warn(`A result file could not be read: ${problem.code}: ${problem.message}`);
        return `${problem.message} ${problem.action}`;
      }
    },
  });
}
