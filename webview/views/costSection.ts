import { t, tn } from '../../src/core/base/messages.ts';
import { dollars } from '../../src/core/cost/estimate.ts';
import type { CostRow, CostView } from '../../src/core/dataset/report/types.ts';
import { el, type Child } from '../dom.ts';
import { NONE } from '../format.ts';
import { twoDecimals } from '../../src/core/base/numbers.ts';
import { dim, figureLink, table, titled, type Post } from './reportParts.ts';

/** Cost of a job on each model, with its notes. */
export function costSection(post: Post, cost: CostView | null): readonly Child[] {
  const heading = titled(t('Cost of a job'));
  if (cost === null) return [heading, el('p', { class: 'placeholder' }, [t('There is nothing to train on.')])];
  const sentence = el('p', {}, [cost.sentence]);
  if (cost.rows.length === 0) return [heading, sentence];
  // One epoch has one figure only.
  const more = cost.epochs > 1;
  return [
    heading,
    sentence,
    table(
      t('Cost by model'),
      [
        { title: t('model') },
        { title: t('US$ per 1M'), number: true, hint: t('US dollars for a million trained tokens.') },
        ...(more ? [{ title: t('one epoch'), number: true }] : []),
        {
          title: more ? tn(cost.epochs, '{0} epoch', '{0} epochs') : t('one epoch'),
          number: true,
          hint: t('The number of epochs that a server chooses with automatic settings.'),
        },
        {
          title: t('too long'),
          number: true,
          hint: t('Examples longer than the context of the model: their end, which is the answer, is cut off.'),
        },
        { title: t('note') },
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
    el('span', { class: retired ? 'model dim' : 'model' }, [
      model,
      own ? ' ' : null,
      own ? dim(t('(your price)')) : null,
    ]),
    free ? t('free') : twoDecimals(price),
    ...(more ? [free ? NONE : dollars(epochUsd)] : []),
    free ? NONE : dollars(totalUsd),
    over === null
      ? NONE
      : el('span', { attributes: { title: contextText(contextTokens ?? 0) } }, [figureLink(post, over)]),
    note === '' ? null : dim(note),
  ];
}

function contextText(tokens: number): string {
  return tn(tokens, 'The context has {0} token.', 'The context has {0} tokens.');
}
