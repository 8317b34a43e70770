import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import path from 'node:path';
import OpenAI, { APIError, toFile } from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LocalServer } from '../../../../src/local/server/server.ts';
import { startServer } from '../../../../src/local/server/server.ts';
import { removeFolder, temporaryFolder } from '../serveProcess.ts';

const HOUR = 3600;
let folder: string;
let server: LocalServer;
let client: OpenAI;
let clock = Date.now();

async function start(): Promise<void> {
  server = await startServer({ dataFolder: folder, port: 0, version: 'test', now: () => clock });
  client = new OpenAI({ baseURL: server.baseUrl, apiKey: server.apiKey, maxRetries: 0 });
}
async function restart(): Promise<void> {
  await server.close();
  await start();
}
beforeEach(async () => {
  clock = Date.now();
  folder = temporaryFolder();
  await start();
});
afterEach(async () => {
  await server.close();
  removeFolder(folder);
});

const CONTENT = Buffer.from(Array.from({ length: 5000 }, (_, index) => `{"line":${String(index)}}`).join('\n'));
const PARTS = [CONTENT.subarray(0, 20_000), CONTENT.subarray(20_000, 20_001), CONTENT.subarray(20_001)];
const md5 = createHash('md5').update(CONTENT).digest('hex');

function create(bytes = CONTENT.length): Promise<OpenAI.Upload> {
  return client.uploads.create({
    filename: 'train.jsonl',
    purpose: 'fine-tune',
    bytes,
    mime_type: 'application/jsonl',
  });
}
async function part(upload: OpenAI.Upload, bytes: Buffer): Promise<string> {
  return (await client.uploads.parts.create(upload.id, { data: await toFile(bytes, 'part') })).id;
}
async function refusal(call: Promise<unknown>): Promise<Pick<APIError, 'status' | 'code' | 'param'>> {
  const error: unknown = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof APIError)) throw new Error('The call was not refused.');
  return { status: error.status as number, code: error.code, param: error.param };
}
function uploadFolder(): string[] {
  return readdirSync(path.join(folder, 'uploads')).filter((name) => !name.endsWith('.json'));
}

async function contentOf({ file }: OpenAI.Upload): Promise<Buffer> {
  return Buffer.from(await (await client.files.content(file?.id ?? '')).arrayBuffer());
}

/** Sends the beginning of a part; resolves when the server has some of it on the disk. */
async function beginPart(upload: OpenAI.Upload, bytes: Buffer): Promise<{ destroy(): void }> {
  const file = path.join(folder, 'uploads', `${upload.id}.bin`);
  const before = statSync(file).size;
  const call = request(`${server.baseUrl}/uploads/${upload.id}/parts`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.apiKey}`, 'content-type': 'multipart/form-data; boundary=b' },
  });
  call.on('error', () => undefined);
  call.write('--b\r\ncontent-disposition: form-data; name="data"; filename="part"\r\n\r\n');
  call.write(bytes);
  await expect.poll(() => statSync(file).size).toBeGreaterThan(before);
  return { destroy: () => call.destroy() };
}

async function breakOff(upload: OpenAI.Upload, bytes: Buffer): Promise<void> {
  (await beginPart(upload, bytes)).destroy();
}

describe('an upload in parts', () => {
  it('becomes one file, in the order asked for, whatever the order they came in', async () => {
    const upload = await create();
    expect(upload).toMatchObject({ object: 'upload', status: 'pending', bytes: CONTENT.length, purpose: 'fine-tune' });
    expect(upload.expires_at - upload.created_at).toBe(HOUR);
    const third = await part(upload, PARTS[2] ?? CONTENT);
    const [first, second] = await Promise.all(PARTS.slice(0, 2).map((bytes) => part(upload, bytes)));
    const done = await client.uploads.complete(upload.id, { part_ids: [first ?? '', second ?? '', third], md5 });
    expect(done).toMatchObject({ id: upload.id, status: 'completed' });
    expect(done.file).toMatchObject({ object: 'file', filename: 'train.jsonl', bytes: CONTENT.length });
    const content = Buffer.from(await (await client.files.content(done.file?.id ?? '')).arrayBuffer());
    expect(content.equals(CONTENT)).toBe(true);
    expect(uploadFolder()).toEqual([]);
    // The answer may have been lost: asked again it is the same file, not a second one.
    const again = await client.uploads.complete(upload.id, { part_ids: [first ?? '', second ?? '', third], md5 });
    expect(again).toEqual(done);
    expect((await client.files.list()).data).toHaveLength(1);
    expect(await refusal(client.uploads.complete(upload.id, { part_ids: [first ?? ''] }))).toMatchObject({
      status: 400,
      code: 'upload_ended',
    });
    expect(await refusal(client.uploads.cancel(upload.id))).toMatchObject({ status: 400, code: 'upload_ended' });
    expect(await refusal(part(upload, CONTENT))).toMatchObject({ status: 400, code: 'upload_ended' });
  });

  it('goes on after a restart, and a part sent twice does no harm', async () => {
    const upload = await create();
    const lost = await part(upload, PARTS[0] ?? CONTENT);
    const first = await part(upload, PARTS[0] ?? CONTENT);
    await restart();
    const ids = [first, await part(upload, PARTS[1] ?? CONTENT), await part(upload, PARTS[2] ?? CONTENT)];
    expect(ids).not.toContain(lost);
    const done = await client.uploads.complete(upload.id, { part_ids: ids, md5 });
    expect(done.file?.bytes).toBe(CONTENT.length);
    await restart();
    expect((await client.uploads.complete(upload.id, { part_ids: ids, md5 })).file?.id).toBe(done.file?.id);
    expect(uploadFolder()).toEqual([]);
  });

  it('is not copied at the end when its parts came one after the other', async () => {
    const upload = await create();
    const ids: string[] = [];
    for (const bytes of PARTS) ids.push(await part(upload, bytes));
    const { ino } = statSync(path.join(folder, 'uploads', `${upload.id}.bin`));
    const done = await client.uploads.complete(upload.id, { part_ids: ids, md5 });
    expect(statSync(path.join(folder, 'files', `${done.file?.id ?? ''}.bin`)).ino).toBe(ino);
    expect(await contentOf(done)).toEqual(CONTENT);
    expect(uploadFolder()).toEqual([]);
  });

  it('has nothing of a part that broke off, whether the server lived on or not', async () => {
    const upload = await create();
    const ids = [await part(upload, PARTS[0] ?? CONTENT)];
    await breakOff(upload, CONTENT);
    ids.push(await part(upload, PARTS[1] ?? CONTENT), await part(upload, PARTS[2] ?? CONTENT));
    await breakOff(upload, CONTENT);
    await restart();
    appendFileSync(path.join(folder, 'uploads', `${upload.id}.bin`), 'torn by a crash');
    const done = await client.uploads.complete(upload.id, { part_ids: ids, md5 });
    expect(await contentOf(done)).toEqual(CONTENT);
  });

  it('is put together while another part is still coming, without that one', async () => {
    const upload = await create();
    const ids: string[] = [];
    for (const bytes of PARTS) ids.push(await part(upload, bytes));
    const open = await beginPart(upload, CONTENT);
    const done = await client.uploads.complete(upload.id, { part_ids: ids, md5 });
    open.destroy();
    expect(await contentOf(done)).toEqual(CONTENT);
    await expect.poll(uploadFolder).toEqual([]);
  });

  it('is completed when its parts were stored by an earlier version, each in a file of its own', async () => {
    const upload = await create();
    const first = await part(upload, PARTS[0] ?? CONTENT);
    await server.close();
    const record = path.join(folder, 'uploads', `${upload.id}.json`);
    writeFileSync(record, readFileSync(record, 'utf8').replace(',"start":0', ''));
    renameSync(path.join(folder, 'uploads', `${upload.id}.bin`), path.join(folder, 'uploads', `${first}.bin`));
    await start();
    const ids = [first, await part(upload, PARTS[1] ?? CONTENT), await part(upload, PARTS[2] ?? CONTENT)];
    const done = await client.uploads.complete(upload.id, { part_ids: ids, md5 });
    expect(await contentOf(done)).toEqual(CONTENT);
    expect(uploadFolder()).toEqual([]);
  });

  it('is refused when something does not fit, and can then still be completed', async () => {
    const upload = await create();
    const ids = await Promise.all(PARTS.map((bytes) => part(upload, bytes)));
    const [first = '', second = '', third = ''] = ids;
    const complete = (part_ids: string[], sum = md5): Promise<unknown> =>
      client.uploads.complete(upload.id, { part_ids, md5: sum });
    expect(await refusal(complete([first, third]))).toMatchObject({ status: 400, code: 'wrong_size' });
    expect(await refusal(complete([first, second, 'part_none']))).toMatchObject({
      status: 400,
      code: 'part_not_found',
    });
    expect(await refusal(complete([first, second, third, first]))).toMatchObject({ status: 400, param: 'part_ids' });
    expect(await refusal(complete([second, first, third]))).toMatchObject({ status: 400, code: 'checksum_mismatch' });
    expect(await refusal(complete(ids, '0'.repeat(32)))).toMatchObject({ status: 400, code: 'checksum_mismatch' });
    expect((await client.files.list()).data).toEqual([]);
    expect(await client.uploads.complete(upload.id, { part_ids: ids, md5: md5.toUpperCase() })).toMatchObject({
      status: 'completed',
    });
  });

  it('leaves nothing behind when it is cancelled, or not completed within its hour', async () => {
    const cancelled = await create();
    await part(cancelled, CONTENT);
    expect(await client.uploads.cancel(cancelled.id)).toMatchObject({ status: 'cancelled' });
    const late = await create();
    const id = await part(late, CONTENT);
    clock += (HOUR - 1) * 1000;
    await part(late, CONTENT);
    clock += 1000;
    expect(await refusal(client.uploads.complete(late.id, { part_ids: [id] }))).toMatchObject({
      status: 400,
      code: 'upload_ended',
    });
    expect(uploadFolder()).toEqual([]);
    expect((await client.files.list()).data).toEqual([]);
  });

  it('expires while the server is away, and forgets what belongs to nothing', async () => {
    const upload = await create();
    await part(upload, CONTENT);
    await server.close();
    writeFileSync(path.join(folder, 'uploads', 'part_AAAAAAAAAAAAAAAAAAAAAAAA.bin'), 'left by a crash');
    writeFileSync(path.join(folder, 'files', 'file-AAAAAAAAAAAAAAAAAAAAAAAA.bin'), 'left by a crash');
    writeFileSync(path.join(folder, 'files', 'AAAA.tmp'), 'left by a crash');
    clock += 2 * HOUR * 1000;
    await start();
    expect(await refusal(part(upload, CONTENT))).toMatchObject({ code: 'upload_ended' });
    expect(uploadFolder()).toEqual([]);
    expect(readdirSync(path.join(folder, 'files'))).toEqual([]);
  });

  it("has OpenAI's limits", async () => {
    expect(await refusal(create(8 * 1024 ** 3 + 1))).toMatchObject({ status: 400, param: 'bytes' });
    expect(await create(8 * 1024 ** 3)).toMatchObject({ status: 'pending' });
    expect(await refusal(create(0))).toMatchObject({ status: 400, param: 'bytes' });
    const upload = await create(100 * 1024 * 1024);
    const large = Buffer.alloc(64 * 1024 * 1024);
    const id = await part(upload, large);
    const tooLarge = await part(upload, Buffer.alloc(64 * 1024 * 1024 + 1)).then(
      () => 200,
      // The server may hang up while the rest is still being sent.
      (error: unknown) => (error instanceof APIError ? ((error.status as number | undefined) ?? 413) : 413),
    );
    expect(tooLarge).toBe(413);
    expect(await refusal(part(upload, Buffer.alloc(0)))).toMatchObject({ status: 400, param: 'data' });
    expect(uploadFolder()).toEqual([`${upload.id}.bin`]);
    expect(id).toMatch(/^part_/);
    expect(
      await refusal(client.uploads.create({ filename: 'x', purpose: 'vision', bytes: 1, mime_type: 'image/png' })),
    ).toMatchObject({ status: 400, param: 'purpose' });
    expect(await refusal(client.uploads.cancel('upload_none'))).toMatchObject({
      status: 404,
      code: 'upload_not_found',
    });
    const small = await create(10);
    expect(await refusal(part(small, Buffer.alloc(2000)))).toMatchObject({ status: 400, param: 'data' });
  });
});

describe('files that expire', () => {
  const upload = async (seconds: number): Promise<OpenAI.FileObject> =>
    client.files.create({
      file: await toFile(CONTENT, 'x.jsonl'),
      purpose: 'fine-tune',
      expires_after: { anchor: 'created_at', seconds },
    });

  it('are there until their time has come, and then gone from the disk too', async () => {
    const file = await upload(HOUR);
    expect(file.expires_at).toBe(file.created_at + HOUR);
    const { id: kept } = await client.files.create({ file: await toFile(CONTENT, 'y.jsonl'), purpose: 'fine-tune' });
    clock += (HOUR - 1) * 1000;
    expect((await client.files.retrieve(file.id)).id).toBe(file.id);
    clock += 1000;
    expect(await refusal(client.files.retrieve(file.id))).toMatchObject({ status: 404 });
    expect((await client.files.list()).data.map(({ id }) => id)).toEqual([kept]);
    expect(existsSync(path.join(folder, 'files', `${file.id}.bin`))).toBe(false);
    expect(
      await refusal(client.fineTuning.jobs.create({ model: 'local-linear-1', training_file: file.id })),
    ).toMatchObject({ status: 400, code: 'file_not_found' });
  });

  it('expire while the server is away, through the Uploads API too', async () => {
    const created = await client.uploads.create({
      filename: 'x.jsonl',
      purpose: 'batch',
      bytes: CONTENT.length,
      mime_type: 'application/jsonl',
      expires_after: { anchor: 'created_at', seconds: 2 * HOUR },
    });
    const { file } = await client.uploads.complete(created.id, { part_ids: [await part(created, CONTENT)] });
    expect(file?.expires_at).toBe((file?.created_at ?? 0) + 2 * HOUR);
    clock += 2 * HOUR * 1000;
    await restart();
    expect((await client.files.list()).data).toEqual([]);
  });

  it.each([[3599], [2_592_001], [3600.5]])('are not kept for %d seconds', async (seconds) => {
    expect(await refusal(upload(seconds))).toMatchObject({ status: 400, param: 'expires_after' });
    expect(readdirSync(path.join(folder, 'files'))).toEqual([]);
  });

  it('are kept for thirty days when they are the input of a batch', async () => {
    const file = await client.files.create({ file: await toFile(CONTENT, 'x.jsonl'), purpose: 'batch' });
    expect(file.expires_at).toBe(file.created_at + 2_592_000);
    expect((await client.files.list({ purpose: 'fine-tune' })).data).toEqual([]);
    expect((await client.files.list({ purpose: 'batch' })).data.map(({ id }) => id)).toEqual([file.id]);
  });
});

describe('multipart bodies', () => {
  const send = async (body: string | Buffer, type = 'multipart/form-data; boundary=XX'): Promise<number> => {
    const answer = await fetch(`${server.baseUrl}/files`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.apiKey}`, 'content-type': type },
      body: typeof body === 'string' ? body : new Uint8Array(body),
    });
    return answer.status;
  };
  const field = (name: string, value: string): string =>
    `--XX\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const file = (content: string, filename = 'a.jsonl'): string =>
    `--XX\r\nContent-Disposition: form-data; name="file"; filename="${filename}"\r\nContent-Type: text/plain\r\n\r\n${content}\r\n`;

  it('keep every byte, also what looks like a border', async () => {
    const content = '\r\n--X\r\n--XX-not\r\r\n--\u0000\ufffd--XX\n--XX\r';
    expect(await send(`preamble\r\n${field('purpose', 'fine-tune')}${file(content)}--XX--\r\nepilogue`)).toBe(400);
    const fitting = content.replace('\r\n--XX-not', '\r\n--Xx-not');
    expect(await send(`preamble\r\n${field('purpose', 'fine-tune')}${file(fitting)}--XX--\r\nepilogue`)).toBe(200);
    const [stored] = (await client.files.list()).data;
    expect(await (await client.files.content(stored?.id ?? '')).text()).toBe(fitting);
  });

  it.each([
    ['nothing', ''],
    ['no end', `${field('purpose', 'fine-tune')}${file('x')}`],
    ['no purpose', `${file('x')}--XX--`],
    ['two files', `${field('purpose', 'fine-tune')}${file('x')}${file('y')}--XX--`],
    ['no file name', `${field('purpose', 'fine-tune')}${field('file', 'x')}--XX--`],
    ['a part without a name', `--XX\r\nContent-Type: text/plain\r\n\r\nx\r\n--XX--`],
    ['endless headers', `--XX\r\n${'X-A: b\r\n'.repeat(5000)}\r\nx\r\n--XX--`],
    ['a field that is a file', `${field('purpose', 'x'.repeat(70_000))}${file('x')}--XX--`],
    ['very many fields', `${field('a', 'b').repeat(100)}${field('purpose', 'fine-tune')}${file('x')}--XX--`],
  ])('are refused with %s, and leave nothing', async (_name, body) => {
    expect(await send(body)).toBe(400);
    expect(readdirSync(path.join(folder, 'files'))).toEqual([]);
  });

  it('need a boundary', async () => {
    expect(await send('x', 'multipart/form-data')).toBe(400);
    expect(await send('x', 'multipart/mixed; boundary=XX')).toBe(415);
  });
});
