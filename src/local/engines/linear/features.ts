import type { ChatMessage } from '../../../core/dataset/example.ts';
import { textOf } from '../../../core/dataset/example.ts';

// A prompt becomes a bag of named features in groups. Names are hashed to 32 bits; two names in one place are rare
// (60,000 names: under half a pair expected) and harmless.

/** FNV-1a over UTF-16 units. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}

const TOKEN = /\p{L}[\p{L}\p{M}']*|\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?/gu;
const KEY_VALUE = /^\s*["']?([\p{L}][\p{L}\d _-]{0,30}?)["']?\s*[:=]\s*(.{1,60}?)\s*[,;]?\s*$/u;
/** Characters of a prompt that are read: one of a book's length must not cost minutes. */
const LONGEST_PROMPT = 60_000;
const SHORT_TEXT = 400;

/** Magnitude in steps of about 40 %. */
function bucket(value: number): number {
  return Math.round(3 * Math.log1p(value));
}

/** Distinct features of a prompt with their raw values, before weighting. */
export type RawFeatures = Map<number, number>;

/** Lines that most examples share (`How much does this cost?`): they are no part of the item, whose title is then its first line. */
export interface PromptFrame {
  readonly commonLines: ReadonlySet<string>;
}

/** Parts of a message that are read. */
type PromptMessage = Pick<ChatMessage, 'role' | 'content'>;

export function lastUserText(messages: readonly PromptMessage[]): string {
  const message = messages.findLast((item) => item.role === 'user') ?? messages.at(-1);
  return message ? textOf(message).slice(0, LONGEST_PROMPT) : '';
}

export function lineKey(line: string): string {
  return line.trim().toLowerCase();
}

class Collector {
  readonly features: RawFeatures = new Map();
  add(name: string, weight: number): void {
    const key = hash(name);
    this.features.set(key, (this.features.get(key) ?? 0) + weight);
  }
}

/** Content of the messages before the answer. The last user message counts most; earlier turns keep their words, marked by role. */
export function extractFeatures(messages: readonly PromptMessage[], frame: PromptFrame): RawFeatures {
  const collector = new Collector();
  const lastUser = messages.findLastIndex((message) => message.role === 'user');
  for (const [index, message] of messages.entries()) {
    const text = textOf(message).slice(0, LONGEST_PROMPT).toLowerCase();
    if (index === (lastUser < 0 ? messages.length - 1 : lastUser)) addMain(text, frame, collector);
    else addOther(text, message.role, index === messages.length - 1, collector);
  }
  return collector.features;
}

function addOther(text: string, role: string, nearest: boolean, collector: Collector): void {
  const words = text.match(TOKEN) ?? [];
  for (const word of new Set(words)) collector.add(`${role}:${word}`, nearest ? 0.7 : 0.4);
}

function addMain(text: string, frame: PromptFrame, collector: Collector): void {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !frame.commonLines.has(lineKey(line)));
  for (const line of lines) addKeyValue(line, collector);
  const counts = new Map<string, number>();
  const count = (name: string): void => {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  };
  for (const line of lines) addWords(line, count);
  for (const [name, times] of counts) collector.add(name, (1 + Math.log(times)) * (name.startsWith('b:') ? BIGRAM : 1));

  const title = lines[0]?.slice(0, 300) ?? '';
  if (lines.length > 1) {
    const words = title.match(TOKEN) ?? [];
    for (const word of new Set(words)) collector.add(`t:${word}`, TITLE);
    for (let i = 1; i < words.length; i += 1)
      collector.add(`tb:${words[i - 1] ?? ''} ${words[i] ?? ''}`, TITLE * BIGRAM);
  }
  for (const [position, word] of (title.match(TOKEN) ?? []).slice(0, 2).entries())
    collector.add(`p${String(position)}:${word}`, 0.5);
  if (text.length <= SHORT_TEXT) addParts(lines.join(' '), collector);
  const length = lines.reduce((sum, line) => sum + line.length, 0);
  collector.add(`length:${String(bucket(length))}`, 0.5);
}

// Weights of the groups against a word's 1, chosen by five-fold cross-validation inside training files of prices and of
// intents; none of them matters by more than one part in fifty.
const BIGRAM = 0.7;
const TITLE = 1;
const PARTS = 0.5;

function addWords(line: string, count: (name: string) => void): void {
  const words = line.match(TOKEN) ?? [];
  let previous = '^';
  for (const [index, word] of words.entries()) {
    if (/^\d/u.test(word)) {
      const size = String(bucket(Number(word.replaceAll(',', ''))));
      count(`n:${size}`);
      count(`n:${previous}=${size}`);
      const next = words[index + 1];
      if (next !== undefined && !/^\d/u.test(next)) count(`n:${size} ${next}`);
    }
    count(`w:${word}`);
    if (previous !== '^') count(`b:${previous} ${word}`);
    previous = word;
  }
}

function addKeyValue(line: string, collector: Collector): void {
  const match = KEY_VALUE.exec(line);
  if (!match) return;
  const [, key = '', value = ''] = match;
  collector.add(`k:${key}=${value}`, 1);
  const number = /^[^\d]{0,3}(\d[\d,]*(?:\.\d+)?)/u.exec(value);
  if (number?.[1] !== undefined) collector.add(`k:${key}#${String(bucket(Number(number[1].replaceAll(',', ''))))}`, 1);
}

/** Beginnings, ends and letter groups of words: short questions share few whole words. */
function addParts(text: string, collector: Collector): void {
  const parts = new Set<string>();
  for (const word of text.match(TOKEN) ?? []) {
    const marked = `<${word}>`;
    for (let size = 3; size <= 5; size += 1) {
      for (let i = 0; i + size <= marked.length; i += 1) parts.add(marked.slice(i, i + size));
    }
  }
  for (const part of parts) collector.add(`c:${part}`, PARTS);
}

/** Indexed features of one prompt: positions in the model's list and weights; the weights' squares sum to 1 (or 0). */
export interface FeatureVector {
  readonly index: Int32Array;
  readonly weight: Float32Array;
}

/** The features a model knows, with the roots of their inverse document frequencies (the root: rare words are noisy too). */
export class FeatureSpace {
  readonly hashes: Uint32Array;
  readonly idf: Float32Array;
  readonly #position: Map<number, number>;

  constructor(hashes: Uint32Array, idf: Float32Array) {
    this.hashes = hashes;
    this.idf = idf;
    this.#position = new Map();
    for (let i = 0; i < hashes.length; i += 1) this.#position.set(hashes[i] ?? 0, i);
  }

  static fit(prompts: readonly RawFeatures[], most: number): FeatureSpace {
    const frequency = new Map<number, number>();
    for (const prompt of prompts) for (const key of prompt.keys()) frequency.set(key, (frequency.get(key) ?? 0) + 1);
    const n = prompts.length;
    // A feature of one prompt can only be memorized; one of every prompt says nothing.
    const kept = [...frequency].filter(([, times]) => times >= 2 && times < n);
    kept.sort((a, b) => b[1] - a[1] || a[0] - b[0]);
    kept.length = Math.min(kept.length, most);
    return new FeatureSpace(
      Uint32Array.from(kept, ([key]) => key),
      Float32Array.from(kept, ([, times]) => Math.sqrt(Math.log((n + 1) / (times + 0.5)))),
    );
  }

  get size(): number {
    return this.hashes.length;
  }

  vector(features: RawFeatures): FeatureVector {
    const index: number[] = [];
    const weight: number[] = [];
    let squares = 0;
    for (const [key, value] of features) {
      const position = this.#position.get(key);
      if (position === undefined) continue;
      const weighted = value * (this.idf[position] ?? 0);
      index.push(position);
      weight.push(weighted);
      squares += weighted * weighted;
    }
    const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    return { index: Int32Array.from(index), weight: Float32Array.from(weight, (value) => value * scale) };
  }
}
