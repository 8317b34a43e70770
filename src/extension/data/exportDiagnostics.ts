import os from 'node:os';
import * as vscode from 'vscode';
import { SETTINGS } from '../contributions.ts';
import type { Services } from '../services.ts';
import { diagnosticsText } from './diagnosticsText.ts';
import { keptData } from './keptData.ts';
import { modelServers } from './modelServers.ts';

type DiagnosticsServices = Pick<
  Services,
  'context' | 'connections' | 'folder' | 'jobs' | 'keys' | 'log' | 'providers' | 'runs' | 'starts'
>;

/** *Export Diagnostics…*: opens an unsaved document, so that the user reads it before saving or sending it. */
export async function exportDiagnostics(services: DiagnosticsServices): Promise<void> {
  const connections = await services.connections.list();
  const pieces = await keptData({
    folder: services.folder,
    jobs: services.jobs,
    runs: services.runs,
    servers: await modelServers(services, false),
  });
  const kept: Record<string, number> = {};
  for (const { kind, bytes } of pieces) kept[kind] = (kept[kind] ?? 0) + bytes;
  const keys = await Promise.all(
    connections.filter(({ baseUrl }) => baseUrl !== '').map((connection) => services.keys.get(connection)),
  );
  const configuration = vscode.workspace.getConfiguration();
  const text = diagnosticsText({
    at: Date.now(),
    versions: {
      extension: (services.context.extension.packageJSON as { readonly version: string }).version,
      vscode: vscode.version,
      host: vscode.env.appHost,
      remote: vscode.env.remoteName ?? 'none',
      node: process.versions.node,
      system: `${os.type()} ${os.release()} ${os.arch()}`,
    },
    settings: Object.fromEntries(Object.values(SETTINGS).map((id) => [id, configuration.get<unknown>(id)])),
    connections,
    jobs: services.jobs.list(),
    starts: await services.starts.refresh(),
    runs: services.runs.list(),
    kept,
    log: services.log.recent(),
    home: os.homedir(),
    secrets: keys.filter((key) => key !== null),
  });
  const document = await vscode.workspace.openTextDocument({ language: 'json', content: text });
  await vscode.window.showTextDocument(document);
}
