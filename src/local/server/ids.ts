import { randomBytes } from 'node:crypto';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** `length` letters and digits from the system's random source. */
export function randomName(length: number): string {
  let name = '';
  while (name.length < length) {
    for (const byte of randomBytes(length)) {
      // 248 is the largest multiple of 62 in a byte: above it the first letters would come more often.
      if (byte < 248 && name.length < length) name += LETTERS.charAt(byte % LETTERS.length);
    }
  }
  return name;
}

export function newId(
  prefix: 'file-' | 'ftjob-' | 'ftevent-' | 'chatcmpl-' | 'upload_' | 'part_' | 'batch_' | 'batch_req_' | 'req_',
): string {
  return prefix + randomName(24);
}
