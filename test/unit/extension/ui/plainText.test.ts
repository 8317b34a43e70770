import { describe, expect, it, vi } from 'vitest';
import { plainText } from '../../../../src/extension/ui/plainText.ts';
import { asFileNames, bigList, HIDDEN, ICON, NOTIFICATION_LINK, OWN_STRINGS } from '../../../support/naughtyStrings.ts';

// The tests call none of its functions.
vi.mock('vscode', () => ({}));
const { inert } = await import('../../../../src/extension/ui/errors.ts');

const strings = [...OWN_STRINGS, ...(bigList() ?? []), ...asFileNames(OWN_STRINGS)];

describe('names and pieces of datasets', () => {
  it('are one visible line without icons in quick picks and the outline', () => {
    for (const text of strings) {
      expect(plainText(text)).not.toMatch(HIDDEN);
      expect(plainText(text)).not.toMatch(ICON);
    }
    expect(plainText('prices $(5) für 😀.jsonl')).toBe('prices $ (5) für 😀.jsonl');
    expect(plainText('$5 (each)')).toBe('$5 (each)');
  });

  it('are one visible line without links in notifications', () => {
    for (const text of strings) {
      const said = inert(`Written: ${text}.`);
      expect(said).not.toMatch(NOTIFICATION_LINK);
      expect(said.replace(/\p{Cs}/gu, '')).not.toMatch(HIDDEN);
    }
  });
});
