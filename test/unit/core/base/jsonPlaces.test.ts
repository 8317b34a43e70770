import { describe, expect, it } from 'vitest';
import { lineAt, placeInJson } from '../../../../src/core/base/jsonPlaces.ts';

const TEXT = `{
  "a": [1, {"b": "x]\\"}", "c": [true, -2.5e3]}],
  "key \\"quoted\\"" : {"deep": null},
  "last": "end"
}`;
const textAt = (path: string): string => {
  const { start, end } = placeInJson(TEXT, path);
  return TEXT.slice(start, end);
};

describe('the place of a value in JSON', () => {
  it.each([
    ['', '{'],
    ['a', '['],
    ['a[0]', '1'],
    ['a[1]', '{'],
    ['a[1].b', '"x]\\"}"'],
    ['a[1].c[1]', '-2.5e3'],
    ['key "quoted"', '{'],
    ['last', '"end"'],
    // A missing key is marked where its object begins.
    ['gone', '{'],
    ['a[1].gone', '{'],
    ['last.deeper', '"end"'],
  ])('of %j is %s', (path, text) => {
    expect(textAt(path)).toBe(text);
  });

  it('has a line', () => {
    expect(
      [placeInJson(TEXT, ''), placeInJson(TEXT, 'a'), placeInJson(TEXT, 'last')].map(({ start }) =>
        lineAt(TEXT, start),
      ),
    ).toEqual([1, 2, 4]);
  });
});
