import { dollars } from '../../src/core/cost/estimate.ts';
import type { CostRow, CostView } from '../../src/core/dataset/report/types.ts';
import { el, type Child } from '../dom.ts';
import { NONE } from '../format.ts';
import { count, plural } from '../../src/core/base/numbers.ts';
import { dim, figureLink, table, titled, type Post } from './reportParts.ts';

/** What a job would cost on each model, with what is known of it. */
export function costSection(post: Post, cost: CostView | null): readonly Child[] {
  const heading = titled('What a job would cost');
  if (cost === null) return [heading, el('p', { class: 'placeholder' }, ['There is nothing to be trained on.'])];
  const sentence = el('p', {}, [cost.sentence]);
  if (cost.rows.length === 0) return [heading, sentence];
  // Of one epoch there is one figure.
  const more = cost.epochs > 1;
  return [
    heading,
    sentence,
    table(
      'Cost on each model',
      [
        { title: 'model' },
        { title: 'US$ per 1M', number: true, hint: 'US dollars for a million trained tokens.' },
        ...(more ? [{ title: 'one epoch', number: true }] : []),
        {
          title: more ? plural(cost.epochs, 'epoch') : 'one epoch',
          number: true,
          hint: 'As a server chooses them with automatic settings.',
        },
        {
          title: 'too long',
          number: true,
          hint: 'Examples longer than the context of the model: their end is cut off, and that is the answer.',
        },
        { title: 'note' },
      ],
      cost.rows.map((row) => costCells(post, row, more)),
    ),
    ...cost.notes.map((note) => el('p', { class: 'dim caption' }, [note])),
  ];
}

function costCells(post: Post, row: CostRow, more: boolean): readonly Child[] {
  const { model, price, own, epochUsd, totalUsd, contextTokens, over, note, retired } = row;
  const free = price === null;
  return [
    el('span', { class: retired ? 'model dim' : 'model' }, [model, own ? dim(' (your price)') : null]),
    free ? 'free' : price.toFixed(2),
    ...(more ? [free ? NONE : dollars(epochUsd)] : []),
    free ? NONE : dollars(totalUsd),
    over === null
      ? NONE
      : el('span', { attributes: { title: `The context has ${count(contextTokens ?? 0)} tokens.` } }, [
          figureLink(post, over),
        ]),
    note === '' ? null : dim(note),
  ];
}
