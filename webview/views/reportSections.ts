import { t, tn } from '../../src/core/base/messages.ts';
import type { ComparisonView, ReportView } from '../../src/core/dataset/report/types.ts';
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

/** `running`: the progress of the comparison that goes on. */
export function comparisonSection(post: Post, view: ReportView, running: HTMLElement): readonly Child[] {
  const { comparisons, notCompared } = view;
  const leaks = comparisons.some(isLeaking);
  return [
    titled(
      t('Leakage'),
      leaks
        ? linkButton(t('Split Cleanly…'), () => {
            post({ type: 'reportAction', action: 'findLeakage' });
          })
        : null,
    ),
    el('p', { class: 'dim' }, [
      t('Rows that are also in the validation or test file make its figures look better than they are.'),
    ]),
    ...comparisons
      .map((comparison, place) => ({ comparison, place }))
      // Files with shared rows come first.
      .sort((a, b) => Number(isLeaking(b.comparison)) - Number(isLeaking(a.comparison)))
      .map(({ comparison, place }) => comparisonPart(post, comparison, place, running)),
    notCompared === null ? null : el('p', { class: 'caption' }, [notCompared]),
    el('div', { class: 'links' }, [
      linkButton(t('Compare with another file…'), () => {
        post({ type: 'compareReport' });
      }),
    ]),
  ];
}

function isLeaking({ rows }: ComparisonView): boolean {
  return rows.some(({ held }) => held.count > 0);
}

function comparisonPart(post: Post, comparison: ComparisonView, place: number, running: HTMLElement): HTMLElement {
  const { with: other, state, held, training, heldRows, rows, format, note } = comparison;
  const part = (...children: readonly Child[]): HTMLElement =>
    el('div', { class: 'comparison', attributes: { role: 'group', 'aria-label': other } }, children);
  switch (state) {
    case 'waiting':
      return part(el('p', {}, [t('{0}: not compared yet', other)]));
    case 'comparing':
      return part(el('p', {}, [t('Comparing with {0}…', other)]), running);
    case 'canceled':
    case 'too-large':
    case 'failed':
      return part(
        el('p', { class: state === 'failed' ? 'field-problem' : '' }, [
          note,
          ' ',
          linkButton(t('Compare with {0}', other), () => {
            post({ type: 'compareAgain', place });
          }),
        ]),
      );
    case 'compared': {
      const shown = isLeaking(comparison)
        ? table(
            t('Rows of {0} that are also in {1}', held, training),
            [
              { title: tn(heldRows, 'of {0} row of {1}', 'of {0} rows of {1}', held) },
              { title: held, number: true },
              { title: training, number: true },
            ],
            rows.map((row) => [row.label, figureLink(post, row.held), figureLink(post, row.training)]),
          )
        : el('p', { class: 'apart' }, [
            el('span', { class: 'mark green', attributes: { 'aria-hidden': 'true' } }),
            tn(
              heldRows,
              'The {0} row of {1} is not in {2}, exactly or nearly.',
              'None of the {0} rows of {1} is in {2}, exactly or nearly.',
              held,
              training,
            ),
          ]);
      return part(shown, ...format.map((sentence) => el('p', { class: 'caption' }, [sentence])));
    }
  }
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
