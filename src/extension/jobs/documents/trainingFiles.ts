import { readFile, stat } from 'node:fs/promises';
import * as vscode from 'vscode';
import { t } from '../../../core/base/messages.ts';
import { placesInFile } from '../../../core/training/words/complaint.ts';
import { untrustedText } from '../../../core/base/untrustedText.ts';
import type { JobRecord } from '../../../jobs/store/jobRecord.ts';
import { chooseJob } from '../commands/chooseJob.ts';
import { ProblemError } from '../../ui/errors.ts';
import { withCancel } from '../../ui/progress.ts';
import { withRemedy } from '../../connections/providers.ts';
import type { Services } from '../../services.ts';
import { requireTrust } from '../../ui/trust.ts';
import { complaintOf, roleOf, sourceChange } from './complaints.ts';
import { jobRefOf, jobUri, UPLOAD_SCHEME } from './jobUris.ts';

export type Role = 'training' | 'validation';
export type FileServices = Pick<Services, 'jobs' | 'connections' | 'providers' | 'log' | 'ui'>;

/**
 * Training and validation files of jobs as they were uploaded: the copy on this machine, else the provider's. Lines that the
 * provider complained about are marked while a file is open.
 */
export class TrainingFiles {
  readonly #services: FileServices;
  readonly #diagnostics: vscode.DiagnosticCollection;
  /** Files downloaded from a provider, by file id, until the window closes. */
  readonly #fetched = new Map<string, Uint8Array>();

  constructor(services: FileServices, diagnostics: vscode.DiagnosticCollection) {
    this.#services = services;
    this.#diagnostics = diagnostics;
  }

  /** Opens the file of a job, at a line of it (from 1). */
  async open(arg: unknown, options: { readonly role?: Role; readonly line?: number } = {}): Promise<void> {
    const role = options.role ?? 'training';
    const record = await chooseJob(this.#services, arg, {
      title: t('Open Uploaded Training File'),
      refuse: ({ job }) => {
        if (fileIdOf(job, role) !== '') return null;
        return role === 'training' ? t('The job has no training file.') : t('The job has no validation file.');
      },
      none: t('No job has a training file.'),
    });
    await this.#makeReadable(record, role);
    const uri = uriOf(record, role);
    const position = new vscode.Position(Math.max(0, (options.line ?? 1) - 1), 0);
    await vscode.window.showTextDocument(uri, {
      preview: true,
      ...(options.line === undefined ? {} : { selection: new vscode.Range(position, position) }),
    });
  }

  /** Opens a job's file at the first line that the provider complained about. */
  async openFailedLine(arg: unknown): Promise<void> {
    const record = await chooseJob(this.#services, arg, {
      title: t('Go to Failing Line'),
      refuse: (job) => (complaintOf(job) === null ? t('The provider named no line.') : null),
      none: t('No job failed at a line that its provider named.'),
    });
    const role = roleOf(record);
    await this.#makeReadable(record, role);
    const [place] = placesInFile(complaintOf(record) ?? '', await this.#lines(record, role));
    if (!place) {
      throw new ProblemError({
        code: 'line-not-found',
        message:
          role === 'training'
            ? t('The line that the provider named is not in the training file.')
            : t('The line that the provider named is not in the validation file.'),
        action: t('Read the whole message in the details of the job.'),
      });
    }
    await this.open({ connectionId: record.connectionId, jobId: record.job.id }, { role, line: place.line });
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const file = await this.#locate(uri);
    const found = typeof file === 'string' ? await stat(file).catch(() => null) : { size: file.length, mtimeMs: 0 };
    if (!found) throw vscode.FileSystemError.FileNotFound(uri);
    return {
      type: vscode.FileType.File,
      ctime: 0,
      mtime: found.mtimeMs,
      size: found.size,
      permissions: vscode.FilePermission.Readonly,
    };
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    const file = await this.#locate(uri);
    if (typeof file !== 'string') return file;
    return readFile(file).catch(() => {
      throw vscode.FileSystemError.FileNotFound(uri);
    });
  }

  async #locate(uri: vscode.Uri): Promise<string | Uint8Array> {
    await this.#services.jobs.load();
    const { connectionId, jobId, query } = jobRefOf(uri);
    const record = this.#services.jobs.get(connectionId, jobId);
    const role: Role = query.get('role') === 'validation' ? 'validation' : 'training';
    if (!record) throw vscode.FileSystemError.FileNotFound(uri);
    const fetched = this.#fetched.get(fileIdOf(record.job, role));
    const copy = pathOf(record, role);
    if (copy !== null && (await stat(copy).catch(() => null))) return copy;
    if (fetched) return fetched;
    throw vscode.FileSystemError.FileNotFound(uri);
  }

  /** Downloads the provider's file, once, when this machine has no copy. */
  async #makeReadable(record: JobRecord, role: Role): Promise<void> {
    const id = fileIdOf(record.job, role);
    const copy = pathOf(record, role);
    if (this.#fetched.has(id) || (copy !== null && (await stat(copy).catch(() => null)))) return;
    requireTrust();
    const connection = await this.#services.providers.connection(record.connectionId);
    try {
      const bytes = await withCancel(
        this.#services.ui,
        t('Downloading {0} from {1}…', id, connection.name),
        async (signal) => {
          const provider = await this.#services.providers.get(record.connectionId);
          return provider.fileContent(id, { signal });
        },
      );
      this.#fetched.set(id, bytes);
    } catch (error) {
      throw withRemedy(error, connection);
    }
  }

  async #lines(record: JobRecord, role: Role): Promise<readonly string[]> {
    const bytes = await this.readFile(uriOf(record, role));
    // Extensions do not see documents above 50 MB in the editor either.
    return bytes.length > 50e6 ? [] : new TextDecoder().decode(bytes).split('\n');
  }

  /** Marks the lines of an open file that the provider complained about. */
  async mark(document: vscode.TextDocument): Promise<void> {
    const { uri } = document;
    await this.#services.jobs.load();
    const { connectionId, jobId, query } = jobRefOf(uri);
    const record = this.#services.jobs.get(connectionId, jobId);
    if (!record || document.isClosed) return;
    const complaint = complaintOf(record);
    if (complaint === null || roleOf(record) !== (query.get('role') ?? 'training')) return;
    const changed = await sourceChange(record);
    const diagnostics = placesInFile(complaint, document.getText().split('\n')).map((place) => {
      const message = [
        untrustedText(complaint, [], 600),
        place.message === null ? `(${place.reading})` : t('({0}, message {1})', place.reading, place.message),
        ...(changed === null ? [] : [changed]),
      ].join('\n');
      const diagnostic = new vscode.Diagnostic(
        document.lineAt(place.line - 1).range,
        message,
        vscode.DiagnosticSeverity.Error,
      );
      diagnostic.source = t('Provider');
      diagnostic.code = untrustedText(record.job.error?.code ?? '', [], 60);
      return diagnostic;
    });
    // Closed while the dataset was being hashed.
    if (vscode.workspace.textDocuments.includes(document)) this.#diagnostics.set(uri, diagnostics);
  }
}

function uriOf(record: JobRecord, role: Role): vscode.Uri {
  return jobUri(UPLOAD_SCHEME, record, `${role}.jsonl`, { role });
}

function fileIdOf(job: JobRecord['job'], role: Role): string {
  return role === 'training' ? job.trainingFile : (job.validationFile ?? '');
}

function pathOf({ local }: JobRecord, role: Role): string | null {
  return role === 'training' ? local.trainingPath : local.validationPath;
}
