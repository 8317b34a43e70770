// The naughty strings the whole way from a file to the report's page and its exported table.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenTable } from '../../../../scripts/lib/tokenTable.ts';
import { buildReport } from '../../../../src/core/dataset/report/buildReport.ts';
import { reportCsv } from '../../../../src/core/dataset/report/reportCsv.ts';
import { PRICES } from '../../../../src/core/cost/prices.ts';
import { createO200k } from '../../../../src/core/tokens/o200k.ts';
import { compareFiles } from '../../../../src/worker/compareFiles.ts';
import { report as readReport } from '../../../../src/worker/report.ts';
import { asFileNames, bigList, OWN_STRINGS } from '../../../support/naughtyStrings.ts';
import { HIDDEN_CHARACTER } from '../../../support/webviewHarness/payloads.ts';
import { reportState } from '../../../support/webviewHarness/reportStates.ts';
import { usePanels } from '../../../support/webviewHarness/usePanels.ts';

const counter = createO200k(tokenTable());
const big = bigList();
let folder: string;
const open = usePanels();

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tuning-fork-naughty-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const row = (question: string, answer: string): string =>
  JSON.stringify({
    messages: [
      { role: 'user', content: question },
      { role: 'assistant', content: answer },
    ],
  });

/** As many as the report names of its most frequent answers. */
const GROUP = 8;

/** Every string as a question, as a frequent answer, as a role and a key that are wrong, and as the name of the file. */
async function* reportsOf(strings: readonly string[]) {
  const names = process.platform === 'win32' ? [] : asFileNames(strings);
  for (let from = 0; from < strings.length; from += GROUP) {
    const some = strings.slice(from, from + GROUP).map((text) => text.replaceAll('<|', '< |'));
    const name = names[Math.floor(from / GROUP) % Math.max(1, names.length)] ?? 'naughty.jsonl';
    const file = path.join(folder, name);
    writeFileSync(
      file,
      [
        ...some.flatMap((text, index) => [row(text, text || 'a'), row(`${String(index)} ${text}`, text || 'a')]),
        ...some.map((text) => JSON.stringify({ messages: [{ role: text, content: 'q', [text]: 1 }], [text]: 1 })),
      ].join('\n'),
    );
    const held = path.join(folder, `validation ${name}`.slice(-100).replace(/^\p{Cs}|\uFFFD/gu, ''));
    writeFileSync(held, some.map((text) => row(text, 'other')).join('\n'));
    const { signal } = new AbortController();
    const read = await readReport(file, counter, signal, () => undefined);
    const comparison = await compareFiles(file, held, signal, () => undefined);
    const other = path.basename(held);
    const files = {
      files: [{ path: held, name: other, state: 'compared' as const, comparison }],
      more: 0,
      held: false,
    };
    yield {
      name,
      some,
      built: buildReport(read, name, files, {
        prices: PRICES,
        own: [],
        cap: null,
        now: Date.UTC(2026, 10, 23),
      }),
    };
  }
}

async function areInert(strings: readonly string[]): Promise<void> {
  const page = await open(reportState());
  const frequent = new Set<string>();
  try {
    for await (const { name, built, some } of reportsOf(strings)) {
      // The table: no cell is a formula to a spreadsheet, and quoting loses nothing.
      const cells: string[][] = parse(reportCsv(built, name));
      expect(cells.length).toBeGreaterThan(20);
      for (const cell of cells.flat()) {
        expect(cell).not.toMatch(/^[=+@\t\r\n\0＝＋－＠]/);
        if (cell.startsWith('-')) expect(Number.isFinite(Number(cell))).toBe(true);
      }
      for (const { text } of built.view.frequentAnswers) frequent.add(text);
      expect(built.view.frequentAnswers.length).toBeGreaterThanOrEqual(Math.min(some.length, 4));

      // The page: nothing but text.
      await page.send({
        type: 'state',
        state: reportState(null, { name, folder: name, view: built.view, status: 'ready' }),
      });
      const seen = await page.page.evaluate(() => {
        const elements = [...(document.getElementById('root')?.querySelectorAll('*') ?? [])];
        return {
          tags: [...new Set(elements.map(({ localName }) => localName))],
          attributes: elements.flatMap((element) =>
            element.getAttributeNames().map((name) => `${name}=${element.getAttribute(name) ?? ''}`),
          ),
          text: document.getElementById('root')?.textContent ?? '',
          hacked: 'hacked' in globalThis,
        };
      });
      expect(seen.hacked).toBe(false);
      expect(
        seen.tags.filter((tag) =>
          /^(?:script|img|svg|iframe|a|link|style|base|meta|form|b|kbd|math|object|embed|input)$/.test(tag),
        ),
      ).toEqual([]);
      expect(
        seen.attributes.filter((attribute) => /^(?:on|src|href|srcdoc|action|formaction)/.test(attribute)),
      ).toEqual([]);
      expect(seen.text).not.toMatch(HIDDEN_CHARACTER);
      expect(seen.attributes.join('\n')).not.toMatch(HIDDEN_CHARACTER);
    }
    expect(await page.violations()).toEqual([]);
    expect(page.complaints).toEqual([]);
  } finally {
    await page.close();
  }
  expect(frequent.size).toBeGreaterThan(strings.length * 0.8);
}

describe('naughty strings in a report', () => {
  it('of our own stay text on the page and in the exported table', async () => {
    await areInert(OWN_STRINGS);
  });

  it.skipIf(big === null)('of the big list stay text on the page and in the exported table', async () => {
    await areInert(big ?? []);
  });
});
