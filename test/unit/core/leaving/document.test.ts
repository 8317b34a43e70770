import { describe, expect, it } from 'vitest';
import type { ReplacementFacts } from '../../../../src/core/evaluation/comparison/replacement.ts';
import { leavingDocument, type DocumentInput, type JudgedReplacement } from '../../../../src/core/leaving/document.ts';
import type { LeavingModel } from '../../../../src/core/leaving/inventory.ts';
import { newIndex, type LeavingIndex } from '../../../../src/core/leaving/leavingIndex.ts';
import { HIDDEN_CHARACTER, PAYLOADS } from '../../../support/webviewHarness/payloads.ts';

const NOW = Date.parse('2026-11-27T12:00:00Z');

function model(changes: Partial<LeavingModel> = {}): LeavingModel {
  return {
    model: 'ft:old',
    title: 'pricer',
    base: 'gpt-4o-mini-2024-07-18',
    jobId: 'job-1',
    createdAt: 1,
    deadline: { date: '2027-01-14', model: 'gpt-4o-mini-2024-07-18', daysLeft: 48 },
    trainingFile: { place: 'gone', id: 'file-1' },
    testFile: null,
    lastEvaluation: null,
    recording: null,
    ...changes,
  };
}

const FACTS: ReplacementFacts = {
  metric: 'mae',
  margin: 10,
  items: 90,
  clusters: 90,
  difference: { value: 2, low: -1, high: 5, p: 0.2 },
  within: 5,
  quality: 'equal',
  answers: { between: 4, own: 3.5, beyond: { value: 0.5, low: 0.1, high: 0.9 }, verdict: 'same' },
  needed: null,
  slices: [
    { name: [1, 10], items: 45, difference: { value: 1, low: -2, high: 4 }, claim: 'equal' },
    { name: [11, 99], items: 45, difference: { value: 30, low: 20, high: 40 }, claim: 'worse' },
  ],
};

function judged(changes: Partial<JudgedReplacement> = {}): JudgedReplacement {
  return {
    old: 'ft:old',
    oldLabel: 'pricer',
    model: 'new',
    label: 'smol',
    provider: 'Local',
    at: NOW,
    sentence: 'smol is equal to pricer.',
    facts: FACTS,
    ...changes,
  };
}

function index(changes: Partial<LeavingIndex> = {}): LeavingIndex {
  return { ...newIndex({ id: 'lab', name: 'Lab', baseUrl: '' }, NOW), ...changes };
}

function written(changes: Partial<DocumentInput> = {}, models: readonly LeavingModel[] = [model()]): string {
  return leavingDocument({
    inventory: {
      connection: { id: 'lab', name: 'Lab', kind: 'compatible', baseUrl: 'https://lab.example/v1' },
      at: NOW,
      models,
      jobs: 1,
      files: [],
    },
    index: null,
    replacements: [],
    ...changes,
  });
}

describe('the document of a leave', () => {
  it('says what is there, what is recorded and what is missing', () => {
    const recording = { run: 'run-1', path: 'recordings/old.run.jsonl', sha256: 'ab', testFile: 'goods.test.jsonl' };
    const html = written({
      index: index({
        recordings: [
          { model: 'ft:old', ...recording, items: 40, recorded: 38, missingLines: [39, 40], reason: 'It is closed.' },
        ],
        missing: [{ what: 'training file', id: 'file-1', jobs: ['job-1'], reason: 'No such file.' }],
      }),
    });
    for (const text of [
      'Leaving Lab',
      'Nov 27, 2026',
      'Recorded whole: 0 of 1.',
      '48 days left',
      '38 of 40 items',
      '2 items: lines 39 and 40: It is closed.',
      'No such file.',
      '1 thing could not be had; it is named below.',
    ])
      expect(html).toContain(text);
  });

  it('draws each interval over the margin, and has the same figures in a table', () => {
    const html = written({ replacements: [judged()] });
    expect(html.match(/class="interval"/g)).toHaveLength(3);
    expect(html).toContain('smol is equal to pricer.');
    expect(html).toMatch(
      /11\.00 to 99\.00<\/td><td>45<\/td><td>mean error \+30\.00 \[\+20\.00, \+40\.00\]<\/td><td>worse</,
    );
    // The whole interval of all items lies inside the band, and the worse part outside.
    const number = (pattern: RegExp): number[] => [...html.matchAll(pattern)].map((match) => Number(match[1]));
    const [left = NaN] = number(/<rect x="([\d.]+)"/g);
    const [width = NaN] = number(/<rect [^>]*width="([\d.]+)"/g);
    const from = number(/<line x1="([\d.]+)" x2="[\d.]+" y1="[\d.]+" y2="[\d.]+" class="interval"/g);
    const to = number(/<line x1="[\d.]+" x2="([\d.]+)" y1="[\d.]+" y2="[\d.]+" class="interval"/g);
    expect(from[0]).toBeGreaterThan(left);
    expect(to[0]).toBeLessThan(left + width);
    expect(from[2]).toBeGreaterThan(left + width);
  });

  it('needs nothing else and runs nothing', () => {
    const html = written({ replacements: [judged()], index: index() });
    expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
    expect(html).not.toMatch(/<script|<link|<img|<a |https?:\/\/(?!lab)/);
  });

  it('shows text from outside as text', () => {
    for (const payload of PAYLOADS) {
      const evil = `${payload}\u202e`;
      const recording = { run: evil, path: evil, sha256: evil, testFile: evil, items: 2, recorded: 1 };
      const html = written(
        {
          replacements: [judged({ label: evil, oldLabel: evil, model: evil, provider: evil, sentence: evil })],
          index: index({
            files: [
              {
                path: evil,
                what: 'job',
                id: evil,
                jobs: [],
                name: evil,
                from: 'here',
                bytes: 1,
                sha256: evil,
                sameAsHere: null,
              },
            ],
            missing: [{ what: 'job', id: evil, jobs: [], reason: evil }],
            recordings: [{ model: evil, ...recording, missingLines: [2], reason: evil }],
          }),
        },
        [model({ title: evil, model: evil, base: evil })],
      );
      expect(html).not.toMatch(HIDDEN_CHARACTER);
      // Every tag is one of the document's own.
      const tags = new Set([...html.matchAll(/<\/?([a-z0-9]+)/gi)].map(([, tag]) => tag?.toLowerCase()));
      for (const tag of ['script', 'img', 'a', 'iframe', 'form', 'object', 'base']) expect(tags.has(tag)).toBe(false);
    }
  });
});
