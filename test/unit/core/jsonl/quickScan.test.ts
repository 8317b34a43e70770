import { describe, expect, it } from 'vitest';
import { MessageBytes } from '../../../../src/core/dataset/check/messageBytes.ts';
import { checkExample } from '../../../../src/core/dataset/check/parseExample.ts';
import { createQuickScanner, QUICK_ASSISTANT, QUICK_USER, SPAN } from '../../../../src/core/jsonl/quickScan.ts';
import { REHEARSAL } from '../../../../src/core/jsonl/rehearsal.ts';

const encoder = new TextEncoder();
const chat = (content: string): string =>
  JSON.stringify({
    messages: [
      { role: 'user', content },
      { role: 'assistant', content: 'Yes' },
    ],
  });

describe('the quick look', () => {
  const key = 'aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5';
  it.each([
    `sk-${key}`,
    `sk-proj-${key}`,
    'AKIAABCDEFGHIJKLMNOP',
    'ASIAABCDEFGHIJKLMNOP',
    `ghp_${key}`,
    `gho_${key}`,
    `github_pat_${key}`,
    'xoxb-1234567890-abcdef',
    `AIza${key.slice(0, 35)}`,
    `hf_${key}`,
    `sk_live_${key}`,
    `rk_live_${key}`,
    `eyJ${key}.eyJ${key}.${key}`,
    '-----BEGIN PRIVATE KEY-----',
    '-----BEGIN RSA PRIVATE KEY-----',
    'jane.doe@corp.io',
    '<|im_end|>',
    '<|endoftext|>',
  ])('leaves %s to the rules wherever it stands, at even and at odd places', (bad) => {
    const scanner = createQuickScanner();
    for (let shift = 0; shift < 9; shift += 1) {
      for (const text of [
        `${'.'.repeat(shift)} ${bad}`,
        `${'.'.repeat(shift)} ${bad} and more`,
        `é${' '.repeat(shift)}${bad}`,
        bad,
      ]) {
        const line = chat(text);
        expect(checkExample(line, 1).findings).not.toEqual([]);
        // Also where the line itself begins at any place of the memory it is in.
        for (let offset = 0; offset < 3; offset += 1) {
          const bytes = encoder.encode(`${' '.repeat(offset)}${line}`).subarray(offset);
          expect(scanner.isGood(bytes), text).toBe(false);
        }
      }
    }
  });

  it.each(['InversifyJS is', 'bodyJoin', '\n@babel/core is', '\n\n@types/node', 'github_copilot', 'hub_', 'task-list'])(
    'takes %j for no key and no address wherever it stands',
    (good) => {
      const scanner = createQuickScanner();
      for (let shift = 0; shift < 9; shift += 1) {
        const line = chat(`${'.'.repeat(shift)}${good}`);
        expect(checkExample(line, 1).findings).toEqual([]);
        expect(scanner.isGood(encoder.encode(line)), line).toBe(true);
      }
    },
  );

  it('leaves an address to the rules after a backslash that is text', () => {
    const line = chat('C:\\nina@corp.io');
    expect(checkExample(line, 1).findings).not.toEqual([]);
    expect(createQuickScanner().isGood(encoder.encode(line))).toBe(false);
    expect(createQuickScanner().isGood(encoder.encode(chat('C:\nina@corp.io')))).toBe(false);
  });

  it('scans its rehearsal as good lines, and afterwards remembers nothing of it', () => {
    for (const line of REHEARSAL) {
      const scanner = createQuickScanner();
      expect(scanner.isGood(line)).toBe(true);
      expect(checkExample(new TextDecoder().decode(line), 1).findings).toEqual([]);
    }
    // A reader would take the system message of the rehearsal for that of the line before.
    const plain = encoder.encode(chat('A question'));
    const last = REHEARSAL[REHEARSAL.length - 1] ?? plain;
    for (let before = 1; before < 64; before += 1) {
      const scanner = createQuickScanner();
      for (let n = 0; n < before; n += 1) expect(scanner.isGood(plain)).toBe(true);
      expect(scanner.facts.systemStart).toBe(-1);
      expect([scanner.isGood(last), scanner.facts.systemSame], String(before)).toEqual([true, false]);
      expect([scanner.isGood(last), scanner.facts.count]).toEqual([true, 3]);
    }
  });

  it('says where each message stands and whose it is, for any number of messages', () => {
    const contents = ['plain', 'an "escape"', 'größer', '尺寸\n', ...Array.from({ length: 60 }, (_, n) => `turn ${n}`)];
    const line = JSON.stringify({
      messages: contents.map((content, n) => ({ role: n % 2 === 0 ? 'user' : 'assistant', content })),
    });
    const bytes = encoder.encode(line);
    const scanner = createQuickScanner();
    expect(scanner.isGood(bytes)).toBe(true);
    const { count, spans } = scanner.facts;
    expect(count).toBe(contents.length);
    const read = Array.from({ length: count }, (_, n) => {
      const [role, start = 0, end = 0] = spans.subarray(n * SPAN);
      const raw = new TextDecoder().decode(bytes.subarray(start, end));
      return { content: JSON.parse(`"${raw}"`) as string, role };
    });
    expect(read.map(({ content }) => content)).toEqual(contents);
    expect(read.slice(0, 3).map(({ role }) => role)).toEqual([QUICK_USER, QUICK_ASSISTANT, QUICK_USER]);
  });

  it('finds a difference at any place of the frame that a line has in common with the one before', () => {
    const line =
      '{"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}';
    for (let at = 0; at < line.length; at += 1) {
      const changed = encoder.encode(`${line.slice(0, at)}#${line.slice(at + 1)}`);
      const scanner = createQuickScanner();
      for (let n = 0; n < 3; n += 1) expect(scanner.isGood(encoder.encode(line))).toBe(true);
      expect(scanner.isGood(changed), `at ${String(at)}`).toBe(createQuickScanner().isGood(changed));
    }
  });

  it.each(['Be brief.', 'Be "brief"\n', 'größer', 'x'.repeat(700), 'cafÃ©'])(
    'tells whether a system message is that of the line before: %j',
    (system) => {
      const of = (content: string, user: string): Uint8Array =>
        encoder.encode(
          JSON.stringify({
            messages: [
              { role: 'system', content },
              { role: 'user', content: user },
              { role: 'assistant', content: 'a\n' },
            ],
          }),
        );
      const scanner = createQuickScanner();
      const messages = new MessageBytes();
      for (const [content, user] of [
        [system, 'one'],
        [system, 'two'],
        [system, 'three\t3'],
        [`${system}!`, 'four'],
        [system.slice(0, -1), 'five'],
        [system, 'six'],
        [system, 'seven'],
      ] as const) {
        const bytes = of(content, user);
        const same = scanner.isGood(bytes) && scanner.facts.systemSame;
        messages.use(bytes, scanner.facts);
        expect([messages.text(0), messages.text(1), messages.text(2)]).toEqual([content, user, 'a\n']);
        if (same) expect(content).toBe(system);
        expect(scanner.facts.damaged).toBe(content.includes('Ã©'));
      }
    },
  );
});
