import { t } from '../../base/messages.ts';
import type { Finding } from '../finding.ts';
import type { ExampleKind } from '../kind.ts';
import { unsupportedKind } from '../unsupportedKind.ts';
import { findingOf } from './fileFindings.ts';

/** Rows of a kind that is in the minority are named one by one up to this number. */
const MAX_MIXED = 100;

export interface KindOptions {
  /** `any`: rows for preference and reinforcement training are no error. */
  readonly accept: 'chat' | 'any';
  /** True for rows that follow others, whose tally reports the findings of the whole file. */
  readonly continues: boolean;
}

/** Rows of one kind: their number, and the lines of the first hundred. */
export interface KindCount {
  readonly kind: ExampleKind;
  readonly count: number;
  readonly lines: readonly number[];
}

/** Counts the rows of each kind and reports the rows that differ from most others. */
export class KindTally {
  readonly #kinds = new Map<ExampleKind, { count: number; lines: number[] }>();
  readonly #accept: 'chat' | 'any';
  readonly #continues: boolean;

  constructor({ accept, continues }: KindOptions) {
    this.#accept = accept;
    this.#continues = continues;
  }

  /** Counts a row. The finding, if there is one, reports once per file that rows of this kind cannot be trained on. */
  add(kind: ExampleKind, line: number): Finding | null {
    const seen = this.#kinds.get(kind);
    if (seen !== undefined) {
      seen.count += 1;
      if (seen.lines.length < MAX_MIXED) seen.lines.push(line);
      return null;
    }
    this.#kinds.set(kind, { count: 1, lines: [line] });
    const unsupported = unsupportedKind(kind);
    if (unsupported === null || this.#continues || !this.#isNamed(kind)) return null;
    return findingOf(unsupported.code, line, unsupported.message, unsupported.action);
  }

  /** Counts the rows of a part that begins after `before` lines; its own lines are numbered from 1. */
  join(counts: readonly KindCount[], before: number): readonly Finding[] {
    const findings: Finding[] = [];
    for (const { kind, count, lines } of counts) {
      const [first = 0] = lines;
      const finding = this.add(kind, before + first);
      if (finding !== null) findings.push(finding);
      const seen = this.#kinds.get(kind);
      if (seen === undefined) continue;
      seen.count += count - 1;
      for (const line of lines.slice(1)) if (seen.lines.length < MAX_MIXED) seen.lines.push(before + line);
    }
    return findings;
  }

  state(): readonly KindCount[] {
    return [...this.#kinds].map(([kind, seen]) => ({ kind, ...seen }));
  }

  /** The kind of most rows, the earlier one of two that are equal; null without rows. */
  most(): ExampleKind | null {
    let most: ExampleKind | null = null;
    let rows = 0;
    for (const [kind, { count }] of this.#kinds) {
      if (count <= rows) continue;
      most = kind;
      rows = count;
    }
    return most;
  }

  /** The rows of other kinds than most of the file, in the order of their lines. */
  mixed(): readonly Finding[] {
    const most = this.most();
    const findings: Finding[] = [];
    for (const [kind, { lines }] of this.#kinds) {
      // A kind that is already an error by itself needs no second finding.
      if (kind === most || this.#isNamed(kind)) continue;
      for (const line of lines)
        findings.push(
          findingOf(
            'mixed-kinds',
            line,
            ofAnotherKind(kind),
            t('Keep one kind of example per file: move the line to another file.'),
          ),
        );
    }
    return findings.sort((a, b) => a.line - b.line);
  }

  /** Tells whether rows of a kind are an error by themselves, reported once for the file. */
  #isNamed(kind: ExampleKind): boolean {
    if (this.#accept === 'any' && (kind === 'preference' || kind === 'reinforcement')) return false;
    return unsupportedKind(kind) !== null;
  }
}

function ofAnotherKind(kind: ExampleKind): string {
  switch (kind) {
    case 'chat':
      return t('The line is a chat example, but most lines of the file are of another kind.');
    case 'preference':
      return t('The line is a preference pair (DPO), but most lines of the file are of another kind.');
    case 'reinforcement':
      return t('The line is a reinforcement example (RFT), but most lines of the file are of another kind.');
    case 'prompt-completion':
      return t('The line is a prompt/completion pair, but most lines of the file are of another kind.');
    case 'conversations':
      return t('The line is a ShareGPT conversation, but most lines of the file are of another kind.');
    case 'instruction':
      return t('The line is an Alpaca instruction, but most lines of the file are of another kind.');
    case 'chosen-rejected':
      return t('The line is a chosen and a rejected answer, but most lines of the file are of another kind.');
    case 'request':
      return t('The line is a batch request, but most lines of the file are of another kind.');
    case 'pairs':
    case 'prompt-messages':
    case 'gemini':
    case 'bedrock':
    case 'templated':
    case 'messages-text':
    case 'encoded-twice':
    case 'wrapped':
    case 'columns':
    case 'unknown':
      return t('The line is of an unknown kind, unlike most lines of the file.');
  }
}
