import { t, tn } from '../../src/core/base/messages.ts';
import type { ReportView } from '../../src/core/dataset/report/types.ts';
import { linkButton } from '../components.ts';
import { el, type Child } from '../dom.ts';
import { percent } from '../format.ts';
import { count } from '../../src/core/base/numbers.ts';
import { visibleLine } from '../visibleText.ts';
import { dim, figureLink, marksLine, table, titled, type Post } from './reportParts.ts';

const MARKS = { error: 'red', warning: 'orange', information: '' } as const;

function severityWord(severity: keyof typeof MARKS): string {
  switch (severity) {
    case 'error':
      return t('error');
    case 'warning':
      return t('warning');
    case 'information':
      return t('note');
  }
}

function empty(text: string): HTMLElement {
  return el('p', { class: 'placeholder' }, [text]);
}

export function problemsSection(post: Post, { problems }: ReportView): readonly Child[] {
  return [
    titled(t('Problems by rule')),
    problems.length === 0
      ? empty(t('No rule found a problem.'))
      : table(
          t('Problems by rule'),
          [{ title: t('rule') }, { title: t('severity') }, { title: t('rows'), number: true }],
          problems.map(({ code, title, severity, ofFile, figure, message }) => {
            return [
              el('span', { attributes: { title: message } }, [title, ' ', el('span', { class: 'dim mono' }, [code])]),
              el('span', { class: 'severity' }, [
                el('span', { class: `mark ${MARKS[severity]}`, attributes: { 'aria-hidden': 'true' } }),
                severityWord(severity),
              ]),
              figure === null
                ? dim(t('the file'))
                : figureLink(post, figure, ofFile ? t('the file') : count(figure.count)),
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
      t('Duplicates and contradictions'),
      again === 0
        ? null
        : linkButton(t('Remove Duplicates…'), () => {
            post({ type: 'reportAction', action: 'removeDuplicates' });
          }),
    ),
    table(
      t('Duplicates and contradictions'),
      [{ title: t('what') }, { title: t('rows'), number: true }],
      [
        [t('The same example again'), figureLink(post, exact)],
        [t('Nearly the same example again'), figureLink(post, near)],
        [
          el('span', {}, [
            t('The same prompt with different answers'),
            prompts === 0 ? null : ' ',
            prompts === 0 ? null : dim(tn(prompts, '({0} prompt)', '({0} prompts)')),
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
  const proposed = proposals.map((name, index) => choose(t('Compare with {0}', name), index));
  if (comparison === null) {
    return [
      titled(t('Leakage')),
      el('p', {}, [t('Rows that are also in the validation or test file make its figures look better than they are.')]),
      el('div', { class: 'links' }, [...proposed, choose(t('Compare with another file…'), null)]),
    ];
  }
  const stop = linkButton(t('Stop comparing'), () => {
    post({ type: 'stopComparing' });
  });
  const links = el('div', { class: 'links' }, [...proposed, choose(t('Another file…'), null), stop]);
  const heading = t('Leakage: compared with {0}', comparison.with);
  if (comparison.problem !== null)
    return [titled(heading), el('p', { class: 'field-problem' }, [comparison.problem]), links];
  const leaked = comparison.rows.reduce((sum, { held }) => sum + held.count, 0);
  return [
    titled(
      heading,
      leaked === 0
        ? null
        : linkButton(t('Split Cleanly…'), () => {
            post({ type: 'reportAction', action: 'findLeakage' });
          }),
    ),
    table(
      t('Rows that are in both files'),
      [
        { title: tn(comparison.heldRows, 'of {0} row kept from training', 'of {0} rows kept from training') },
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
      t('Most frequent answers'),
      distinctAnswers.count === 0
        ? null
        : dim(figureLink(post, distinctAnswers, t('{0} different', distinctAnswers.count))),
    ),
    frequentAnswers.length === 0
      ? empty(distinctAnswers.count === 0 ? t('There are no answers in words.') : t('No answer occurs twice.'))
      : table(
          t('Most frequent answers'),
          [{ title: t('answer') }, { title: t('rows'), number: true }, { title: t('share'), number: true }],
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
    titled(t('Roles')),
    roles.length === 0
      ? empty(t('There are no messages to count.'))
      : table(
          t('Roles'),
          [
            { title: t('role') },
            { title: t('messages'), number: true },
            { title: t('tokens'), number: true },
            { title: t('rows'), number: true },
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
      : el('div', { class: 'below-chart' }, [el('span', {}, [t('Messages per example')]), marksLine(post, messages)]),
  ];
}
