import { t } from '../../src/core/base/messages.ts';
import { textOf } from '../../src/core/dataset/example.ts';
import type { TryPanelState, TryResult } from '../../src/protocol/tryPanel.ts';
import { el, setChildren, type Child } from '../dom.ts';
import { figure } from '../format.ts';
import { message } from './parts.ts';

/** The reply and the figures taken from it first, then the conversation that was sent. */
export class TryResultSection {
  readonly element = el('section', {
    class: 'try-result',
    attributes: { 'aria-label': t('Reply'), 'aria-live': 'polite' },
  });
  #drawn = '';

  update({ result, problem, busy }: TryPanelState): void {
    const waiting = busy && result === null && problem === null;
    // The whole state arrives with every change: the same reply is not read out twice.
    const signature = JSON.stringify([result, problem, waiting]);
    if (signature === this.#drawn) return;
    this.#drawn = signature;
    const content: Child[] = [];
    if (problem) {
      content.push(el('p', { class: 'headline bad' }, [el('strong', {}, [problem.message]), ` ${problem.action}`]));
    }
    if (result) content.push(...resultParts(result));
    else if (!problem) {
      content.push(
        el('p', { class: 'placeholder' }, [
          waiting
            ? t('Waiting for the reply.')
            : t('The reply appears here, with the messages that were sent and the number taken from the reply.'),
        ]),
      );
    }
    setChildren(this.element, content);
  }
}

function resultParts(result: TryResult): Child[] {
  const facts: [string, string][] = [];
  if (result.number !== null || result.truthNumber !== null) {
    facts.push([t('number taken'), result.number === null ? t('none in the reply') : figure(result.number)]);
  }
  if (result.truthNumber !== null) facts.push([t('truth'), figure(result.truthNumber)]);
  if (result.number !== null && result.truthNumber !== null) {
    facts.push([t('error'), figure(Math.abs(result.number - result.truthNumber))]);
  } else if (result.truth !== null && result.truthNumber === null) {
    const matches = result.reply.trim() === result.truth.trim();
    facts.push([t('truth'), result.truth], [t('match'), matches ? t('yes') : t('no')]);
  }
  if (result.finishReason === 'length') facts.push([t('ended'), t('cut off at the maximum number of tokens')]);
  else if (result.finishReason !== 'stop') facts.push([t('ended'), result.finishReason]);
  if (result.leftOut !== null) facts.push([t('not sent'), result.leftOut]);
  return [
    el('h2', {}, [result.line === null ? t('Reply') : t('Reply to line {0}', result.line)]),
    el('pre', { class: 'text boxed' }, [result.reply === '' ? t('(empty)') : result.reply]),
    facts.length === 0
      ? null
      : el(
          'dl',
          { class: 'facts' },
          facts.flatMap(([name, value]) => [el('dt', {}, [name]), el('dd', {}, [value])]),
        ),
    el('h2', {}, [t('Sent')]),
    ...result.sent.map((sent) => message(sent.role, textOf(sent))),
  ];
}
