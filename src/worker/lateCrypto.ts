import type * as nodeCrypto from 'node:crypto';
import process from 'node:process';

/**
 * Node's `crypto`, read on first use: a thread that checks a document while it is edited hashes nothing, and reading the module takes a
 * twentieth of the time until its first findings.
 */
export function crypto(): typeof nodeCrypto {
  return process.getBuiltinModule('node:crypto');
}

export function createHash(algorithm: 'sha1' | 'sha256'): nodeCrypto.Hash {
  return crypto().createHash(algorithm);
}
