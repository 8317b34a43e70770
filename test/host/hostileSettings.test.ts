import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';

// A workspace that somebody sent us: its settings override every setting of ours. Nothing that is sent may change by it.

const KEY = 'sk-canary-0123456789abcdef';
const MODEL = 'gpt-4o-mini-2024-07-18';

interface Recorder {
  readonly origin: string;
  readonly seen: { method: string; path: string; headers: http.IncomingHttpHeaders; body: string }[];
  stop(): Promise<void>;
}

/** A provider that takes everything, and writes down what it was asked. */
async function startRecorder(): Promise<Recorder> {
  const seen: Recorder['seen'] = [];
  const jobs: Record<string, unknown>[] = [];
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const { pathname } = new URL(request.url ?? '/', 'http://localhost');
      const method = request.method ?? '';
      seen.push({ method, path: pathname, headers: request.headers, body });
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify(answer(method, pathname, body)));
    });
  });
  function answer(method: string, where: string, body: string): unknown {
    if (method === 'POST' && where === '/v1/files') {
      return { id: `file-${String(seen.length)}`, bytes: null, created_at: 1, filename: 'f', purpose: 'fine-tune' };
    }
    if (method === 'POST' && where === '/v1/fine_tuning/jobs') {
      const job = {
        ...(JSON.parse(body) as object),
        id: `ftjob-${String(seen.length)}`,
        status: 'succeeded',
        created_at: Math.floor(Date.now() / 1000),
        finished_at: Math.floor(Date.now() / 1000),
        fine_tuned_model: `ft:${MODEL}:org:x:${String(seen.length)}`,
      };
      jobs.push(job);
      return job;
    }
    const one = jobs.find(({ id }) => where === `/v1/fine_tuning/jobs/${String(id)}`);
    return one ?? { object: 'list', data: where === '/v1/fine_tuning/jobs' ? jobs : [], has_more: false };
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    seen,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Waits for a state; the last value is in the error. */
async function eventually<T>(look: () => T, isRight: (value: T) => boolean): Promise<T> {
  const until = performance.now() + 20_000;
  for (;;) {
    const value = look();
    if (isRight(value)) return value;
    if (performance.now() > until) assert.fail(`It stayed ${JSON.stringify(value)}.`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

interface Setting {
  readonly type: string | readonly string[];
  readonly default: unknown;
  readonly scope?: string;
  readonly maximum?: number;
}

const extension = (): vscode.Extension<unknown> => {
  const found = vscode.extensions.getExtension('tuning-fork.tuning-fork');
  assert.ok(found);
  return found;
};
const settings = (): [string, Setting][] =>
  Object.entries(
    (
      extension().packageJSON as {
        contributes: { configuration: { properties: Record<string, Setting> } };
      }
    ).contributes.configuration.properties,
  );

/** The worst value of its kind that we can think of. */
function hostile({ type, default: usual, maximum }: Setting, evil: string): unknown {
  const types = typeof type === 'string' ? [type] : type;
  if (types.includes('boolean')) return usual !== true;
  if (types.includes('number') || types.includes('integer')) return usual === null ? 0 : (maximum ?? 0);
  if (types.includes('object')) return { [MODEL]: 0, [evil]: 0 };
  if (types.includes('array')) return [evil];
  return evil;
}

/**
 * Answers quick picks, input boxes and dialogs by what they ask, as a person with a list would. Several answers to one question are
 * given in turn.
 */
function withAnswers(answers: readonly (readonly [RegExp, ...string[]])[]): {
  readonly asked: string[];
  restore(): void;
} {
  const asked: string[] = [];
  const replyTo = (question: string): string => {
    asked.push(question);
    const found = answers.find(([pattern]) => pattern.test(question));
    assert.ok(found, `Nobody knows what to say to "${question}".`);
    const [pattern, ...replies] = found;
    const before = asked.filter((text) => pattern.test(text)).length - 1;
    return replies[Math.min(before, replies.length - 1)] ?? '';
  };
  type Handler = () => void;
  const fake = (settle: (box: Record<string, unknown>) => void) => (): Record<string, unknown> => {
    const accept: Handler[] = [];
    const nothing = (): vscode.Disposable => new vscode.Disposable(() => undefined);
    const box: Record<string, unknown> = {
      onDidAccept: (handler: Handler) => {
        accept.push(handler);
        return nothing();
      },
      onDidTriggerButton: nothing,
      onDidHide: nothing,
      onDidChangeValue: nothing,
      onDidChangeSelection: nothing,
      onDidChangeActive: nothing,
      onDidTriggerItemButton: nothing,
      dispose: () => undefined,
      show: () => {
        queueMicrotask(() => {
          settle(box);
          for (const handler of accept) handler();
        });
      },
    };
    return box;
  };
  const { window } = vscode;
  const { createQuickPick, createInputBox, showWarningMessage } = window;
  const replaced = {
    createQuickPick: fake((box) => {
      const reply = replyTo(String(box['placeholder']));
      const items = box['items'] as vscode.QuickPickItem[];
      const item = reply === '' ? (box['activeItems'] as vscode.QuickPickItem[] | undefined)?.[0] : undefined;
      const chosen = item ?? items.find(({ label }) => label.includes(reply));
      assert.ok(chosen, `"${reply}" is not among ${items.map(({ label }) => label).join(', ')}.`);
      box['selectedItems'] = [chosen];
    }),
    createInputBox: fake((box) => {
      const reply = replyTo(String(box['prompt']));
      if (reply !== '') box['value'] = reply;
    }),
    showWarningMessage: (message: string, _options: unknown, ...buttons: string[]) => {
      const reply = replyTo(message);
      return Promise.resolve(buttons.find((button) => button.startsWith(reply)));
    },
  };
  Object.assign(window, replaced);
  return {
    asked,
    restore: () => {
      Object.assign(window, { createQuickPick, createInputBox, showWarningMessage });
    },
  };
}

suite('A workspace whose settings override every setting of ours', () => {
  let provider: Recorder;
  let evil: Recorder;
  let folder: string;
  let settingsFile: string;

  suiteSetup(async () => {
    await extension().activate();
    provider = await startRecorder();
    evil = await startRecorder();
    folder = await mkdtemp(path.join(os.tmpdir(), 'tuning-fork-hostile-'));
    const root = vscode.workspace.workspaceFolders?.[0];
    assert.ok(root, 'a folder is open');
    settingsFile = path.join(root.uri.fsPath, '.vscode', 'settings.json');
    await mkdir(path.dirname(settingsFile), { recursive: true });
  });
  suiteTeardown(async () => {
    await rm(path.dirname(settingsFile), { recursive: true, force: true });
    await provider.stop();
    await evil.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Starts one paid job by every question of the wizard and gives what was posted for it, without what differs by chance. */
  async function postsOfAStart(name: string): Promise<string[]> {
    const before = provider.seen.length;
    const file = path.join(folder, `${name}.jsonl`);
    const line = (n: number): string =>
      JSON.stringify({
        messages: [
          { role: 'user', content: `How much is article ${String(n)}?` },
          { role: 'assistant', content: `Price is $${String(n)}` },
        ],
      });
    await writeFile(file, `${Array.from({ length: 20 }, (_, n) => line(n)).join('\n')}\n`);
    const answers = withAnswers([
      [/Where should it be trained/, 'Recorder'],
      [/Which model should learn/, 'Enter a model name'],
      [/^Name of the base model/, MODEL],
      [/^Suffix/, 'same'],
      [/^Seed/, '7'],
      [/Start, or choose a line/, 'Suffix', 'Seed', 'Start'],
      [/Start a paid job/, 'Start'],
    ]);
    try {
      await vscode.commands.executeCommand('tuningFork.startFineTuning', vscode.Uri.file(file));
      // The job has ended at once: what is asked about it comes to an end, too.
      await eventually(
        () => provider.seen.slice(before).filter(({ path: where }) => where.endsWith('/events')).length,
        (count) => count > 0,
      );
    } finally {
      answers.restore();
    }
    // A person was asked about the money, and by the right price.
    const question = answers.asked.find((text) => text.startsWith('Start a paid job')) ?? '';
    return [
      question,
      ...provider.seen
        .slice(before)
        .filter(({ method }) => method === 'POST')
        .map(({ path: where, headers, body }) => `${where} ${String(headers.authorization)} ${plain(body)}`),
    ];
  }

  function plain(body: string): string {
    if (!body.startsWith('{'))
      return body.replace(/tuning-fork-[0-9a-f]+/g, 'BOUNDARY').replace(/filename="[^"]*"/, '');
    return JSON.stringify({ ...(JSON.parse(body) as object), training_file: '', metadata: {} });
  }

  test('sends what it would send without them, to the same place, with the same key', async () => {
    const adding = withAnswers([
      [/Which provider/, 'OpenAI-compatible'],
      [/Name of the connection/, 'Recorder'],
      [/^Base URL/, `${provider.origin}/v1`],
      [/API key for/, KEY],
    ]);
    try {
      await vscode.commands.executeCommand('tuningFork.addConnection');
    } finally {
      adding.restore();
    }
    await eventually(
      () => new Set(provider.seen.map(({ path: where }) => where)).size,
      (paths) => paths >= 4,
    );

    const clean = await postsOfAStart('before');
    assert.equal(clean.length, 3, clean.join('\n'));

    const overridden = Object.fromEntries(settings().map(([id, setting]) => [id, hostile(setting, evil.origin)]));
    // The last one is no setting of ours: when it holds, VS Code has read the file.
    const guesses = {
      'tuningFork.baseUrl': `${evil.origin}/v1`,
      'tuningFork.apiKey': 'sk-of-somebody-else',
      'tuningFork.connections': [{ id: 'x', kind: 'openai', name: 'Recorder', baseUrl: `${evil.origin}/v1` }],
      'http.proxy': evil.origin,
      'http.proxySupport': 'override',
      'editor.tabSize': 13,
    };
    await writeFile(settingsFile, JSON.stringify({ ...overridden, ...guesses }, null, 2));
    await eventually(
      () => vscode.workspace.getConfiguration().get('editor.tabSize'),
      (size) => size === 13,
    );

    for (const [id, setting] of settings()) {
      const effective = vscode.workspace.getConfiguration().get(id);
      assert.ok(['machine', 'application'].includes(setting.scope ?? ''), `${id} may be set by a workspace`);
      assert.notDeepEqual(overridden[id], setting.default, `${id} is not overridden by this test`);
      assert.deepEqual(effective, setting.default, `${id} is what the workspace says`);
    }
    assert.deepEqual(await postsOfAStart('after'), clean);
    await vscode.commands.executeCommand('tuningFork.refreshJobs');
    await vscode.commands.executeCommand('tuningFork.refreshModels');
    assert.deepEqual(evil.seen, []);
    assert.ok(provider.seen.every(({ headers }) => headers.authorization === `Bearer ${KEY}`));
  });
});
