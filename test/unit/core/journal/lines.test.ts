import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Emitter } from '../../../../src/core/base/emitter.ts';
import { crc32, decodeRecords, encodeRecord } from '../../../../src/core/journal/lines.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('journal lines', () => {
  it('come back as they went in, whatever is in them', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), (records) => {
        const file = bytes(records.map(encodeRecord).join(''));
        expect(decodeRecords(file)).toEqual({
          records: records.map((record) => JSON.parse(JSON.stringify(record)) as unknown),
          validBytes: file.length,
          damaged: 0,
        });
      }),
    );
  });

  it('lose nothing but the torn last line, wherever the file was cut', () => {
    const records = ['one', { two: 'zwei ä\u2028' }, [3]];
    const whole = bytes(records.map(encodeRecord).join(''));
    for (let cut = 0; cut <= whole.length; cut++) {
      const part = whole.subarray(0, cut);
      const { records: read, validBytes, damaged } = decodeRecords(part);
      expect(read).toEqual(records.slice(0, read.length));
      expect(read.length).toBe(part.filter((byte) => byte === 10).length);
      expect(validBytes).toBe(part.lastIndexOf(10) + 1);
      expect(damaged).toBe(0);
    }
  });

  it('notice every changed byte', () => {
    const whole = bytes(['one', 'two', 'three'].map(encodeRecord).join(''));
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const copy = Uint8Array.from(whole);
        copy[at] = (copy[at] ?? 0) ^ flip;
        for (const record of decodeRecords(copy).records) expect(['one', 'two', 'three']).toContain(record);
      }),
    );
  });

  it('count what is damaged in the middle and keep the rest', () => {
    const file = bytes(`${encodeRecord(1)}garbage\n\n${encodeRecord(2)}torn`);
    expect(decodeRecords(file)).toEqual({ records: [1, 2], validBytes: file.length - 4, damaged: 2 });
  });

  it('are what is written: checksum, blank, JSON; nothing else counts', () => {
    const good = encodeRecord('ok');
    expect(good).toMatch(/^[0-9a-f]{8} "ok"\n$/);
    const others = [
      // Another sign than the blank; more digits; an upside-down order; not JSON under a true checksum.
      good.replace(' ', '_'),
      `${good.slice(0, 8)}0 "ok"\n`,
      `"ok" ${good.slice(0, 8)}\n`,
      `${crc32(bytes('nonsense')).toString(16).padStart(8, '0')} nonsense\n`,
    ];
    for (const line of others) {
      expect(decodeRecords(bytes(`${line}${good}`))).toMatchObject({ records: ['ok'], damaged: 1 });
    }
    expect(decodeRecords(bytes(`\n${good}`))).toEqual({ records: ['ok'], validBytes: good.length + 1, damaged: 1 });
    expect(decodeRecords(new Uint8Array())).toEqual({ records: [], validBytes: 0, damaged: 0 });
  });

  it('are refused when their bytes are no text, although the checksum is right', () => {
    const body = Uint8Array.of(0x22, 0xff, 0x22);
    const head = bytes(`${crc32(body).toString(16).padStart(8, '0')} `);
    const file = Uint8Array.of(...head, ...body, 10);
    expect(decodeRecords(file)).toEqual({ records: [], validBytes: 0, damaged: 0 });
    // A byte order mark before the first line is no part of it.
    expect(decodeRecords(Uint8Array.of(0xef, 0xbb, 0xbf, ...bytes(encodeRecord(1)))).records).toEqual([]);
  });

  it('use the checksum everybody uses', () => {
    fc.assert(fc.property(fc.uint8Array(), (data) => crc32(data) === zlibCrc32(data)));
  });
});

describe('an emitter', () => {
  it('reaches every listener although one throws or leaves', () => {
    const errors: unknown[] = [];
    const emitter = new Emitter<number>((error) => errors.push(error));
    const heard: string[] = [];
    emitter.event(() => {
      throw new Error('bad listener');
    });
    const first = emitter.event((value) => {
      heard.push(`first ${String(value)}`);
      first.dispose();
      second.dispose();
    });
    const second = emitter.event(() => heard.push('second'));
    emitter.event((value) => heard.push(`third ${String(value)}`));
    emitter.fire(1);
    emitter.fire(2);
    expect(heard).toEqual(['first 1', 'third 1', 'third 2']);
    expect(errors).toHaveLength(2);
  });

  it('hears one function twice when it is added twice', () => {
    const emitter = new Emitter<void>();
    let count = 0;
    const listener = (): void => {
      count++;
    };
    emitter.event(listener).dispose();
    emitter.event(listener);
    emitter.event(listener);
    emitter.fire();
    expect(count).toBe(2);
  });
});
