import type { ReportView } from '../../src/core/dataset/report/types.ts';
import { linkButton } from '../components.ts';
import { el, type Child } from '../dom.ts';
import { percent } from '../format.ts';
import { count, plural } from '../../src/core/base/numbers.ts';
import { visibleLine } from '../visibleText.ts';
import { dim, figureLink, marksLine, table, titled, type Post } from './reportParts.ts';

const SEVERITY = {
  error: { word: 'error', mark: 'red' },
  warning: { word: 'warning', mark: 'orange' },
  information: { word: 'note', mark: '' },
} as const;

function empty(text: string): HTMLElement {
  return el('p', { class: 'placeholder' }, [text]);
}

export function problemsSection(post: Post, { problems }: ReportView): readonly Child[] {
  return [
    titled('Problems by rule'),
    problems.length === 0
      ? empty('No rule has anything to say.')
      : table(
          'Problems by rule',
          [{ title: 'rule' }, { title: 'severity' }, { title: 'rows', number: true }],
          problems.map(({ code, title, severity, ofFile, figure, message }) => {
            const { word, mark } = SEVERITY[severity];
            return [
              el('span', { attributes: { title: message } }, [title, ' ', el('span', { class: 'dim mono' }, [code])]),
              el('span', { class: 'severity' }, [
                el('span', { class: `mark ${mark}`, attributes: { 'aria-hidden': 'true' } }),
                word,
              ]),
              figure === null ? dim('the file') : figureLink(post, figure, ofFile ? 'the file' : count(figure.count)),
            ];
          }),
        ),
  ];
}

export function relationsSection(post: Post, { relations }: ReportView): readonly Child[] {
  const { exact, near, prompts, contradictory } = relations;
  const again = exact.count + near.count;
  return [
    titled(
      'Rows among each other',
      again === 0
        ? null
        : linkButton('Remove Duplicates…', () => {
            post({ type: 'reportAction', action: 'removeDuplicates' });
          }),
    ),
    table(
      'Rows among each other',
      [{ title: 'what' }, { title: 'rows', number: true }],
      [
        ['The same example again', figureLink(post, exact)],
        ['Nearly the same example again', figureLink(post, near)],
        [
          el('span', {}, [
            'The same prompt with different answers',
            prompts === 0 ? null : dim(` (${plural(prompts, 'prompt')})`),
          ]),
          figureLink(post, contradictory),
        ],
      ],
    ),
  ];
}

export function comparisonSection(
  post: Post,
  { comparison }: ReportView,
  proposals: readonly string[],
): readonly Child[] {
  const choose = (label: string, proposal: number | null): HTMLElement =>
    linkButton(label, () => {
      post({ type: 'compareReport', proposal });
    });
  const proposed = proposals.map((name, index) => choose(`Compare with ${name}`, index));
  if (comparison === null) {
    return [
      titled('Leakage'),
      el('p', {}, ['Rows that stand in the validation or test file too make its figures look better than they are.']),
      el('div', { class: 'links' }, [...proposed, choose('Compare with another file…', null)]),
    ];
  }
  const stop = linkButton('Stop comparing', () => {
    post({ type: 'stopComparing' });
  });
  const links = el('div', { class: 'links' }, [...proposed, choose('Another file…', null), stop]);
  if (comparison.problem !== null)
    return [
      titled(`Leakage: compared with ${comparison.with}`),
      el('p', { class: 'field-problem' }, [comparison.problem]),
      links,
    ];
  const leaked = comparison.rows.reduce((sum, { held }) => sum + held.count, 0);
  return [
    titled(
      `Leakage: compared with ${comparison.with}`,
      leaked === 0
        ? null
        : linkButton('Split Cleanly…', () => {
            post({ type: 'reportAction', action: 'findLeakage' });
          }),
    ),
    table(
      'Rows that are in both files',
      [
        { title: `of ${plural(comparison.heldRows, 'row')} kept from training` },
        { title: comparison.held, number: true },
        { title: comparison.training, number: true },
      ],
      comparison.rows.map(({ label, held, training }) => [label, figureLink(post, held), figureLink(post, training)]),
    ),
    ...comparison.format.map((sentence) => el('p', { class: 'caption' }, [sentence])),
    links,
  ];
}

export function answersSection(post: Post, view: ReportView): readonly Child[] {
  const { frequentAnswers, distinctAnswers } = view;
  return [
    titled(
      'Most frequent answers',
      distinctAnswers.count === 0
        ? null
        : dim(figureLink(post, distinctAnswers, `${count(distinctAnswers.count)} different`)),
    ),
    frequentAnswers.length === 0
      ? empty(distinctAnswers.count === 0 ? 'There are no answers in words.' : 'No answer comes twice.')
      : table(
          'Most frequent answers',
          [{ title: 'answer' }, { title: 'rows', number: true }, { title: 'share', number: true }],
          frequentAnswers.map(({ text, share, figure }) => [
            el('span', { class: 'one-line', attributes: { title: visibleLine(text) } }, [visibleLine(text)]),
            figureLink(post, figure),
            percent(share),
          ]),
        ),
  ];
}

export function rolesSection(post: Post, { roles, messages }: ReportView): readonly Child[] {
  return [
    titled('Roles'),
    roles.length === 0
      ? empty('There are no messages to count.')
      : table(
          'Roles',
          [
            { title: 'role' },
            { title: 'messages', number: true },
            { title: 'tokens', number: true },
            { title: 'rows', number: true },
          ],
          roles.map(({ role, messages: number, tokens, figure }) => [
            role,
            figureLink(post, figure, count(number)),
            figureLink(post, figure, count(tokens)),
            figureLink(post, figure),
          ]),
        ),
    messages.length === 0
      ? null
      : el('div', { class: 'below-chart' }, [el('span', {}, ['Messages an example']), marksLine(post, messages)]),
  ];
}
