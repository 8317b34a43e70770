import * as vscode from 'vscode';
import { t } from '../../../core/base/messages.ts';
import type { Services } from '../../services.ts';
import { asProblem } from '../../ui/errors.ts';
import { withRemedy } from '../../connections/providers.ts';

const SCHEME = 'tuning-fork-results';

/** Address of a job's result file as a read-only document. */
export function resultFileUri(connectionId: string, jobId: string, fileId: string): vscode.Uri {
  const query = new URLSearchParams({ connection: connectionId, job: jobId, file: fileId }).toString();
  return vscode.Uri.from({ scheme: SCHEME, path: '/results.csv', query });
}

/** Registers result files as documents: downloaded when they are opened, and decoded when the provider sends base64. */
export function registerResultFiles(services: Pick<Services, 'jobs' | 'providers' | 'log'>): vscode.Disposable {
  return vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
    provideTextDocumentContent: async (uri, token) => {
      const query = new URLSearchParams(uri.query);
      const connectionId = query.get('connection') ?? '';
      const fileId = query.get('file') ?? '';
      await services.jobs.load();
      const record = services.jobs.get(connectionId, query.get('job') ?? '');
      // The user may type an address: only files of known jobs are downloaded.
      if (!record?.job.resultFiles.includes(fileId)) return t('This result file does not belong to a known job.');
      const abort = new AbortController();
      token.onCancellationRequested(() => {
        abort.abort();
      });
      try {
        const provider = await services.providers.get(connectionId);
        const text = new TextDecoder().decode(await provider.fileContent(fileId, { signal: abort.signal }));
        const { resultCsvText } = await import('../../../core/training/curves/resultCsv.ts');
        return resultCsvText(text) ?? text;
      } catch (error) {
        const problem = asProblem(withRemedy(error, await services.providers.connection(connectionId)));
        services.log.warn(`A result file could not be read: ${problem.code}: ${problem.message}`);
        return `${problem.message} ${problem.action}`;
      }
    },
  });
}
