import { textOf } from '../../src/core/dataset/example.ts';
import type { TryPanelState, TryResult } from '../../src/protocol/tryPanel.ts';
import { el, setChildren, type Child } from '../dom.ts';
import { figure } from '../format.ts';
import { message } from './parts.ts';

/** The reply and what is made of it first, then what was sent. */
export class TryResultSection {
  readonly element = el('section', {
    class: 'try-result',
    attributes: { 'aria-label': 'Reply', 'aria-live': 'polite' },
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
            ? 'Waiting for the reply.'
            : 'The reply appears here, with what was sent and the number taken from it.',
        ]),
      );
    }
    setChildren(this.element, content);
  }
}

function resultParts(result: TryResult): Child[] {
  const facts: [string, string][] = [];
  if (result.number !== null || result.truthNumber !== null) {
    facts.push(['number taken', result.number === null ? 'none in the reply' : figure(result.number)]);
  }
  if (result.truthNumber !== null) facts.push(['truth', figure(result.truthNumber)]);
  if (result.number !== null && result.truthNumber !== null) {
    facts.push(['error', figure(Math.abs(result.number - result.truthNumber))]);
  } else if (result.truth !== null && result.truthNumber === null) {
    facts.push(['truth', result.truth], ['match', result.reply.trim() === result.truth.trim() ? 'yes' : 'no']);
  }
  if (result.finishReason === 'length') facts.push(['ended', 'cut off at the maximum of tokens']);
  else if (result.finishReason !== 'stop') facts.push(['ended', result.finishReason]);
  if (result.leftOut !== null) facts.push(['not sent', result.leftOut]);
  return [
    el('h2', {}, ['Reply', result.line === null ? null : el('span', { class: 'dim' }, [` to line ${result.line}`])]),
    el('pre', { class: 'text boxed' }, [result.reply === '' ? '(empty)' : result.reply]),
    facts.length === 0
      ? null
      : el(
          'dl',
          { class: 'facts' },
          facts.flatMap(([name, value]) => [el('dt', {}, [name]), el('dd', {}, [value])]),
        ),
    el('h2', {}, ['Sent']),
    ...result.sent.map((sent) => message(sent.role, textOf(sent))),
  ];
}
