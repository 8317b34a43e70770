import { stat } from 'node:fs/promises';
import path from 'node:path';
import { listOf, t } from '../../../core/base/messages.ts';
import { lineAt, placeInJson, type JsonPlace } from '../../../core/base/jsonPlaces.ts';
import { fail, ok, type Problem, type Result } from '../../../core/base/result.ts';
import { parseEvalFile, type EvalContestant, type EvalFile } from '../../../core/evaluation/evalFile.ts';
import { parseBaseUrl } from '../../../core/provider/addresses.ts';
import type { Connection } from '../../../core/provider/connection.ts';
import { connectionsNamed } from '../../../connections/named.ts';
import { LOCAL_CONNECTION } from '../../../connections/store.ts';

/** Problem of an evaluation file at its place. */
export interface FileFinding extends Problem {
  /** Reason without the place, as a sentence. */
  readonly reason: string;
  /** Null: the whole file. */
  readonly place: JsonPlace | null;
  /** Whether the editor's own JSON check marks it, too. */
  readonly inSchema: boolean;
}

export interface CheckedFile {
  readonly spec: EvalFile;
  /** Absolute paths. */
  readonly testFile: string;
  readonly trainingFile: string | null;
  /** Connections of the models, by label. */
  readonly connections: ReadonlyMap<string, Connection>;
}

/** Checks the text of an evaluation file and what it names: connections and files. @param file absolute path of the evaluation file */
export async function checkEvaluationFile(
  text: string,
  file: string,
  all: readonly Connection[],
): Promise<Result<CheckedFile, readonly FileFinding[]>> {
  const name = path.basename(file);
  const parsed = parseEvalFile(text, name);
  if (!parsed.ok) return fail([parsed.error]);
  const spec = parsed.value;
  const findings: FileFinding[] = [];
  const add = (at: string, { code, message: reason, action }: Problem): void => {
    const place = placeInJson(text, at);
    const message = t('{0}, line {1}: {2}', name, lineAt(text, place.start), reason);
    findings.push({ code, message, action, reason, place, inSchema: false });
  };
  const connections = new Map<string, Connection>();
  for (const [at, one] of spec.contestants.entries()) {
    if ('floor' in one) continue;
    const found = connectionOf(one, all);
    if (found.ok) connections.set(one.label, found.value);
    else add(`contestants[${String(at)}].${one.baseUrl === undefined ? 'connection' : 'baseUrl'}`, found.error);
  }
  const folder = path.dirname(file);
  const testFile = path.resolve(folder, spec.testFile);
  const trainingFile = spec.trainingFile === null ? null : path.resolve(folder, spec.trainingFile);
  if (!(await isFile(testFile))) add('testFile', noFile(spec.testFile));
  if (trainingFile !== null && !(await isFile(trainingFile))) add('trainingFile', noFile(spec.trainingFile ?? ''));
  return findings.length > 0 ? fail(findings) : ok({ spec, testFile, trainingFile, connections });
}

/** Connection of a model. A file alone steers no key, so that its address must be one that the user saved. */
function connectionOf(
  { connection, baseUrl }: Extract<EvalContestant, { readonly model: string }>,
  all: readonly Connection[],
): Result<Connection> {
  if (baseUrl !== undefined) {
    const parsed = parseBaseUrl(baseUrl);
    const known = parsed.ok ? all.find((one) => one.baseUrl === parsed.value) : undefined;
    if (known !== undefined) return ok(known);
    return fail({
      code: 'connection-unknown',
      message: t('No saved connection has the address {0}.', baseUrl),
      action: t('Add it with "Add Connection…".'),
    });
  }
  if (connection === undefined) return ok(LOCAL_CONNECTION);
  const [found, other] = connectionsNamed(connection, all);
  if (found === undefined) {
    const known = listOf(all.map(({ name }) => name));
    return fail({
      code: 'connection-unknown',
      message: t('There is no connection {0}; the connections are {1}.', connection, known),
      action: t('Add it with "Add Connection…", or name one of these.'),
    });
  }
  if (other === undefined) return ok(found);
  return fail({
    code: 'connection-ambiguous',
    message: t('Several connections have the name {0}.', connection),
    action: t('Rename one of them, or use baseUrl.'),
  });
}

function noFile(name: string): Problem {
  return {
    code: 'file-not-found',
    message: t('The file {0} does not exist.', name),
    action: t('Correct the path; it is relative to the evaluation file.'),
  };
}

async function isFile(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
}
