import { invalid } from './apiError.ts';

export interface Page<T> {
  readonly object: 'list';
  readonly data: readonly T[];
  readonly has_more: boolean;
  readonly first_id: string | null;
  readonly last_id: string | null;
}

/** The part of `items` after the cursor: query parameters `after` and `limit`, as everywhere in the API. */
export function pageOf<T extends { readonly id: string }>(
  items: readonly T[],
  query: URLSearchParams,
  defaults: { readonly limit: number; readonly most: number },
): Page<T> {
  const asked = query.get('limit');
  const limit = asked === null ? defaults.limit : Number(asked);
  if (!Number.isInteger(limit) || limit < 1) throw invalid('limit must be a positive integer.', 'limit');
  const after = query.get('after');
  let from = 0;
  if (after !== null) {
    from = items.findIndex((item) => item.id === after) + 1;
    if (from === 0) throw invalid('after names nothing in this list.', 'after');
  }
  const data = items.slice(from, from + Math.min(limit, defaults.most));
  return {
    object: 'list',
    data,
    has_more: from + data.length < items.length,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  };
}
