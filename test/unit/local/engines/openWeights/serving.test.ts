import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { builtInEngines } from '../../../../../src/local/engines/builtInEngines.ts';
import { OpenWeightsEngine } from '../../../../../src/local/engines/openWeights/openWeightsEngine.ts';
import { createClient } from '../../../../../src/openai/client.ts';
import { updateRegistry } from '../../../../../src/openWeights/registry.ts';
import { startServer, type LocalServer } from '../../../../../src/local/server/server.ts';
import { isAlive } from '../../../../../scripts/lib/processes.ts';
import { setUpFakePython } from '../../../../support/openWeights/fakePython.ts';
import { hasEnded, removeFolder, temporaryFolder, until } from '../../serveProcess.ts';
import { prices } from '../../support.ts';

describe('the answers of open-weights models', () => {
  const folder = temporaryFolder();
  let server: LocalServer;
  let client: OpenAI;
  let tuned = '';
  let checkpoint = '';
  const start = async (serveIdleMilliseconds = 60_000): Promise<void> => {
    const engines = builtInEngines(folder, new OpenWeightsEngine(folder, { serveIdleMilliseconds }));
    server = await startServer({ dataFolder: folder, port: 0, version: 'test', engines });
    client = new OpenAI({ baseURL: server.baseUrl, apiKey: server.apiKey, maxRetries: 0 });
  };
  const messages = (content: string): { role: 'user'; content: string }[] => [{ role: 'user', content }];
  const ask = async (model: string, content: string): Promise<string> => {
    const answer = await client.chat.completions.create({ model, messages: messages(content) });
    return answer.choices[0]?.message.content ?? '';
  };
  beforeAll(async () => {
    await setUpFakePython(folder);
    await start();
    const text = prices(20)
      .map((row) => JSON.stringify(row))
      .join('\n');
    const file = await client.files.create({ file: new File([text], 'x.jsonl'), purpose: 'fine-tune' });
    const { id } = await client.fineTuning.jobs.create({ model: 'tiny-good', training_file: file.id });
    tuned = (await until(client, id, hasEnded)).fine_tuned_model ?? '';
    checkpoint = (await client.fineTuning.jobs.checkpoints.list(id)).data[2]?.fine_tuned_model_checkpoint ?? '';
  });
  afterAll(async () => {
    await server.close();
    removeFolder(folder);
  });

  it('have adapters whose places our own client is told, and nobody else', async () => {
    const own = createClient({ baseUrl: server.baseUrl, apiKey: server.apiKey, kind: 'local' });
    const places = await Promise.all([tuned, checkpoint].map((model) => own.findAdapter(model)));
    expect(places).toEqual([
      { base: 'tiny-good', source: 'good', revision: null, folder: expect.stringMatching(/run-1.model$/u) as string },
      {
        base: 'tiny-good',
        source: 'good',
        revision: null,
        folder: expect.stringMatching(/run-1.checkpoint-4$/u) as string,
      },
    ]);
    for (const { folder: adapter } of places)
      expect(existsSync(path.join(adapter, 'adapter_model.safetensors'))).toBe(true);
    for (const model of ['tiny-good', 'local-linear-1', 'ft:other', '../files'])
      await expect(own.findAdapter(model)).rejects.toMatchObject({ status: 404 });
    const stranger = createClient({ baseUrl: server.baseUrl, apiKey: 'wrong', kind: 'local' });
    await expect(stranger.findAdapter(tuned)).rejects.toMatchObject({ status: 401 });
    const posted = await fetch(`${server.baseUrl}/open_weights/adapters/${encodeURIComponent(tuned)}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.apiKey}`, 'content-type': 'application/json' },
      body: '{}',
    });
    expect(posted.status).toBe(404);
  });

  it('come from one process: of the model, of a checkpoint and of the base', async () => {
    expect(await ask(tuned, 'hello')).toBe('model says hello');
    expect(await ask(checkpoint, 'hello')).toBe('checkpoint-4 says hello');
    expect(await ask('tiny-good', 'hello')).toBe('good says hello');
    const pids = await Promise.all([tuned, checkpoint, 'tiny-good'].map((model) => ask(model, 'pid')));
    expect(new Set(pids).size).toBe(1);
    const two = await client.chat.completions.create({
      model: tuned,
      messages: messages('x'),
      n: 2,
      max_completion_tokens: 3,
    });
    expect(two.choices.map(({ finish_reason }) => finish_reason)).toEqual(['length', 'length']);
    expect(two.usage).toMatchObject({ prompt_tokens: 7, completion_tokens: 6, total_tokens: 13 });
  });

  it('are of the revision that was added, and of a tuned model that it was trained on', async () => {
    const add = (source: string, revision: string | null): Promise<void> =>
      updateRegistry(folder, ({ python, models }) => ({
        python,
        models: models.map((model) => (model.id === 'tiny-nan' ? { ...model, source, revision } : model)),
      }));
    await add('good', 'commit-1');
    expect(await ask('tiny-nan', 'revision')).toBe('commit-1');
    const file = (await client.files.list({ purpose: 'fine-tune' })).data[0]?.id ?? '';
    const { id } = await client.fineTuning.jobs.create({ model: 'tiny-nan', training_file: file });
    const own = (await until(client, id, hasEnded)).fine_tuned_model ?? '';
    // Added once more under the same name while the process knows the first.
    await add('slow', 'commit-2');
    expect(await ask('tiny-nan', 'revision')).toBe('commit-2');
    expect(await ask('tiny-nan', 'hello')).toBe('slow says hello');
    expect(await ask(own, 'revision')).toBe('commit-1');
    await add('nan', null);
    expect(await ask('tiny-nan', 'revision')).toBe('nan says revision');
  });

  it('are streamed, with what was used', async () => {
    const stream = await client.chat.completions.create({
      model: tuned,
      messages: messages('one two'),
      n: 2,
      stream: true,
      stream_options: { include_usage: true },
    });
    const texts = ['', ''];
    let pieces = 0;
    let used: OpenAI.CompletionUsage | null | undefined;
    for await (const { choices, usage } of stream) {
      for (const { index, delta } of choices) {
        texts[index] = `${texts[index] ?? ''}${delta.content ?? ''}`;
        if (delta.content) pieces += 1;
      }
      used = usage ?? used;
    }
    expect(texts).toEqual(['model says one two', 'model says one two']);
    expect(pieces).toBe(8);
    expect(used).toMatchObject({ prompt_tokens: 7, completion_tokens: 6 });
  });

  it.each([true, false])('call tools, of which they know the earlier calls (streamed: %s)', async (stream) => {
    const call = { id: 'call_9', type: 'function' as const, function: { name: 'price', arguments: '{"item":"x"}' } };
    const tools = [{ type: 'function' as const, function: { name: 'price', parameters: { type: 'object' } } }];
    const params = {
      model: tuned,
      tools,
      messages: [
        ...messages('How much?'),
        { role: 'assistant' as const, content: null, tool_calls: [call] },
        { role: 'tool' as const, tool_call_id: 'call_9', content: '7' },
      ],
    };
    const choice = stream
      ? (await client.chat.completions.stream(params).finalChatCompletion()).choices[0]
      : (await client.chat.completions.create(params)).choices[0];
    expect(choice?.finish_reason).toBe('tool_calls');
    const [made] = choice?.message.tool_calls ?? [];
    if (made?.type !== 'function') throw new Error('no call');
    expect(made).toMatchObject({ id: 'call_0', function: { name: 'price' } });
    // The fake says what it was given.
    expect(JSON.parse(made.function.arguments)).toEqual({ tools, messages: params.messages });
    const none = await client.chat.completions.create({ ...params, tool_choice: 'none' });
    expect(none.choices[0]?.message).toMatchObject({ content: 'model says 7' });
    await expect(client.chat.completions.create({ ...params, tool_choice: 'required' })).rejects.toMatchObject({
      param: 'tool_choice',
    });
    const legacy = { model: tuned, messages: messages('x'), functions: [{ name: 'price' }] };
    await expect(client.chat.completions.create(legacy)).rejects.toMatchObject({ param: 'functions' });
  });

  it('tell log-probabilities where they are asked for, whole and streamed', async () => {
    const params = { model: tuned, messages: messages('one'), logprobs: true, top_logprobs: 2 };
    const whole = (await client.chat.completions.create(params)).choices[0]?.logprobs;
    expect(whole?.content?.[0]).toMatchObject({ token: 'model says one', logprob: -0.5 });
    expect(whole?.content?.[0]?.top_logprobs).toHaveLength(2);
    const tokens: string[] = [];
    for await (const { choices } of await client.chat.completions.create({ ...params, stream: true }))
      for (const { logprobs } of choices) tokens.push(...(logprobs?.content ?? []).map(({ token }) => token));
    expect(tokens).toEqual(['model', ' says', ' one']);
    const plain = await client.chat.completions.create({ model: tuned, messages: messages('one') });
    expect(plain.choices[0]?.logprobs).toBeNull();
    const alone = client.chat.completions.create({ model: tuned, messages: messages('one'), top_logprobs: 2 });
    await expect(alone).rejects.toMatchObject({ status: 400, param: 'top_logprobs' });
  });

  it('cost the tokens that the process counted, also where their number cannot be shared evenly', async () => {
    const params = { model: tuned, messages: messages('uneven'), n: 2 };
    expect((await client.chat.completions.create(params)).usage).toMatchObject({ completion_tokens: 7 });
    const used: unknown[] = [];
    const options = { stream: true as const, stream_options: { include_usage: true } };
    for await (const { usage } of await client.chat.completions.create({ ...params, ...options }))
      if (usage) used.push(usage.completion_tokens);
    expect(used).toEqual([7]);
  });

  it('that are refused before they begin are refused as a whole, also when they were to be streamed', async () => {
    const call = client.chat.completions.create({ model: tuned, messages: messages('too long'), stream: true });
    await expect(call).rejects.toMatchObject({ status: 400, code: 'context_length_exceeded' });
  });

  it.each([true, false])('are given up when the client leaves (streamed: %s)', async (stream) => {
    const fact = async (name: 'begun' | 'left'): Promise<number> => Number(await ask(tuned, name));
    const before = await fact('left');
    const leaving = new AbortController();
    const asked = (async () => {
      const params = { model: tuned, messages: messages('wait') };
      if (!stream) return client.chat.completions.create(params, { signal: leaving.signal });
      const chunks = await client.chat.completions.create({ ...params, stream }, { signal: leaving.signal });
      for await (const chunk of chunks) expect(chunk.model).toBe(tuned);
      throw new Error('left');
    })();
    await expect.poll(() => fact('begun'), { interval: 10 }).toBe(before + 1);
    expect(await fact('left')).toBe(before);
    leaving.abort();
    await expect(asked).rejects.toThrow();
    await expect.poll(() => fact('left'), { interval: 10 }).toBe(before + 1);
  });

  it('that are refused say why, as the process said it', async () => {
    await expect(ask(tuned, 'too long')).rejects.toMatchObject({ status: 400, code: 'context_length_exceeded' });
  });

  it('break off with the process, which the next request starts again', async () => {
    const before = await ask(tuned, 'pid');
    await expect(ask(tuned, 'crash')).rejects.toMatchObject({ status: 503, code: 'trainer_ended' });
    const after = await ask(tuned, 'pid');
    expect(after).not.toBe(before);
    const read = async (): Promise<void> => {
      const chunks = await client.chat.completions.create({ model: tuned, messages: messages('break'), stream: true });
      for await (const chunk of chunks) expect(chunk.model).toBe(tuned);
    };
    await expect(read()).rejects.toThrow();
    expect(await ask(tuned, 'pid')).not.toBe(after);
  });

  it('cost no process when nobody asks any more, nor when the server has ended', async () => {
    await server.close();
    await start(50);
    const pid = Number(await ask(tuned, 'pid'));
    await expect.poll(() => isAlive(pid), { interval: 20, timeout: 5000 }).toBe(false);
    await server.close();
    await start();
    const other = Number(await ask(tuned, 'pid'));
    expect(isAlive(other)).toBe(true);
    await server.close();
    expect(isAlive(other)).toBe(false);
    await start();
  });

  it('come from a process without the tokens and paths of its starter, but with the place of the cache', async () => {
    await server.close();
    vi.stubEnv('HF_TOKEN', 'hf_secret');
    vi.stubEnv('PYTHONPATH', '/elsewhere');
    vi.stubEnv('HF_HUB_DISABLE_IMPLICIT_TOKEN', '0');
    vi.stubEnv('HF_HOME', '/cache');
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    await start();
    const environment = JSON.parse(await ask(tuned, 'environment')) as Record<string, string>;
    vi.unstubAllEnvs();
    await server.close();
    await start();
    expect(environment).toMatchObject({ HF_HOME: '/cache', HF_HUB_OFFLINE: '1', PYTHONUNBUFFERED: '1' });
    // Nor does it use the token that a login at the hub has saved.
    expect(environment['HF_HUB_DISABLE_IMPLICIT_TOKEN']).toBe('1');
    expect(environment).not.toHaveProperty('HF_TOKEN');
    expect(environment).not.toHaveProperty('PYTHONPATH');
  });

  it('say what is missing when the Python or the adapter is gone', async () => {
    const list = path.join(folder, 'open-weights.json');
    expect(readFileSync(list, 'utf8')).toContain('python');
    rmSync(path.join(folder, 'python'));
    await expect(ask('tiny-good', 'x')).rejects.toMatchObject({ status: 503, code: 'trainer_not_started' });
    rmSync(path.join(folder, 'open-weights'), { recursive: true });
    await server.close();
    await start();
    await expect(ask(tuned, 'x')).rejects.toMatchObject({ status: 410, code: 'adapter_gone' });
  });
});
