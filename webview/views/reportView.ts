import * as z from 'zod/mini';
import { t } from '../../src/core/base/messages.ts';
import type { ReportPanelState } from '../../src/protocol/reportPanel.ts';
import { button, linkButton } from '../components.ts';
import { el, setAttribute, setChildren, setText, show, type Child } from '../dom.ts';
import { costSection } from './costSection.ts';
import { lengthSections, NumbersSection } from './lengthSections.ts';
import { MoreDataSection } from './moreDataSection.ts';
import { HeadlineBar, Placeholder, type View, type ViewContext } from './parts.ts';
import { goLink } from './reportParts.ts';
import { SuspiciousSection } from './suspiciousSection.ts';
import {
  answersSection,
  comparisonSection,
  problemsSection,
  relationsSection,
  rolesSection,
} from './reportSections.ts';

/** State kept over a reload. */
const savedReport = z.object({
  tokensTable: z.catch(z.boolean(), false),
  answersTable: z.catch(z.boolean(), false),
});

export function createReportView(context: ViewContext): View {
  const { post } = context;
  let shown = savedReport.safeParse(context.saved ?? {}).data ?? savedReport.parse({});
  let drawn = '';
  const change = (part: Partial<typeof shown>): void => {
    shown = { ...shown, ...part };
    context.save(shown);
  };

  const title = el('h1');
  const facts = el('span', { class: 'dim facts-line' });
  const compare = button(t('Compare with…'), 'secondary', () => {
    post({ type: 'compareReport' });
  });
  const save = button(t('Export CSV…'), 'secondary', () => {
    post({ type: 'exportReport' });
  });
  const fineTune = button(t('Fine-Tune…'), 'primary', () => {
    post({ type: 'reportAction', action: 'fineTune' });
  });
  const refresh = (label: string): HTMLElement =>
    linkButton(label, () => {
      post({ type: 'refreshReport' });
    });

  const bar = el('progress', { attributes: { max: 1, 'aria-label': t('Reading the dataset') } });
  const progressText = el('span', { class: 'dim numeric' });
  const progress = el('div', { class: 'progress' }, [
    bar,
    progressText,
    linkButton(t('Cancel'), () => {
      post({ type: 'cancelReport' });
    }),
  ]);
  const noticeText = el('span');
  const notice = el('p', { class: 'headline warning', attributes: { role: 'status' } }, [
    noticeText,
    ' ',
    refresh(t('Refresh')),
  ]);
  const problemText = el('span');
  const problem = el('p', { class: 'headline bad', attributes: { role: 'alert' } }, [
    problemText,
    ' ',
    refresh(t('Try Again')),
  ]);
  const headline = new HeadlineBar();
  const placeholder = new Placeholder();
  const cancelled = el('div', { class: 'links' }, [refresh(t('Read the File'))]);

  const comparingBar = el('progress', { attributes: { max: 1, 'aria-label': t('Comparing rows') } });
  const comparingText = el('span', { class: 'dim numeric' });
  const comparing = el('div', { class: 'progress' }, [
    comparingBar,
    comparingText,
    linkButton(t('Cancel'), () => {
      post({ type: 'stopComparing' });
    }),
  ]);

  const { tokens, answers } = lengthSections(post, shown, change);
  const numbers = new NumbersSection(post);
  const moreData = new MoreDataSection(post);
  const suspicious = new SuspiciousSection(post);
  /** Whether the section of suspicious answers was asked for and is still to be scrolled to. */
  let wanted = false;
  const showWanted = (): void => {
    if (!wanted || content.hidden) return;
    wanted = false;
    suspicious.element.scrollIntoView();
  };
  const section = (label: string): HTMLElement => el('section', { attributes: { 'aria-label': label } });
  const problems = section(t('Problems by rule'));
  const relations = section(t('Duplicates and contradictions'));
  const comparison = section(t('Leakage'));
  const cost = section(t('Cost of a job'));
  const frequent = section(t('Most frequent answers'));
  const roles = section(t('Roles'));
  const content = el('div', {}, [
    el('div', { class: 'halves' }, [comparison, el('div', {}, [relations, problems])]),
    el('div', { class: 'halves' }, [tokens.element, answers.element]),
    numbers.element,
    suspicious.element,
    moreData.element,
    cost,
    el('div', { class: 'halves' }, [frequent, roles]),
  ]);

  const element = el('main', { class: 'report' }, [
    el('header', {}, [
      title,
      facts,
      el('span', { class: 'grow' }),
      el('span', { class: 'actions' }, [compare.element, save.element, fineTune.element]),
    ]),
    notice,
    problem,
    progress,
    headline.element,
    placeholder.element,
    cancelled,
    content,
  ]);

  function drawProgress(fraction: number): void {
    bar.value = fraction;
    setText(
      progressText,
      fraction < 1 ? t('reading, {0}%', Math.floor(fraction * 100)) : t('comparing rows that look alike'),
    );
  }

  function drawComparing(fraction: number): void {
    comparingBar.value = fraction;
    setText(
      comparingText,
      fraction < 1 ? t('reading, {0}%', Math.floor(fraction * 100)) : t('comparing rows that look alike'),
    );
  }

  const draws = {
    reading: drawProgress,
    comparing: drawComparing,
    suspicious: (share: number): void => {
      suspicious.progress(share);
    },
    moreData: (share: number): void => {
      moreData.setProgress(share);
    },
  };

  function render(state: ReportPanelState): void {
    const { view, status } = state;
    const reading = status === 'reading';
    setText(title, state.name);
    setAttribute(title, 'title', state.file);
    setChildren(facts, factsOf(state));
    show(progress, reading);
    drawProgress(state.progress);
    show(notice, state.notice !== null && !reading);
    setText(noticeText, state.notice ?? '');
    show(problem, state.problem !== null);
    setText(problemText, state.problem === null ? '' : `${state.problem.message} ${state.problem.action}`);
    show(headline.element, view !== null);
    if (view !== null) headline.set(view.headline);
    placeholder.set(
      view !== null || status === 'failed'
        ? null
        : status === 'cancelled'
          ? t('Reading was canceled before the end, so there is nothing to show.')
          : t('The figures appear when the file has been read to its end.'),
    );
    show(cancelled, status === 'cancelled');
    show(content, view !== null);
    compare.setEnabled(view !== null && !reading);
    save.setEnabled(view !== null);
    fineTune.setShown((view?.cost?.rows.length ?? 0) > 0);
    // A notice or the progress changes nothing below: what has the focus keeps it.
    drawComparing(state.comparing);
    moreData.update(state.moreData);
    suspicious.update(state.suspicious);
    drawView(view);
    showWanted();
  }

  function drawView(view: ReportPanelState['view']): void {
    const signature = JSON.stringify(view);
    if (view === null || signature === drawn) return;
    drawn = signature;
    tokens.update(view.tokens);
    answers.update(view.answers);
    setChildren(problems, problemsSection(post, view));
    setChildren(relations, relationsSection(post, view));
    setChildren(comparison, comparisonSection(post, view, comparing));
    numbers.update(view.numbers);
    setChildren(cost, costSection(post, view.cost));
    setChildren(frequent, answersSection(post, view));
    setChildren(roles, rolesSection(post, view));
  }

  function factsOf({ folder, view }: ReportPanelState): readonly Child[] {
    const parts: Child[] = [];
    const add = (child: Child): void => {
      if (parts.length > 0) parts.push(' · ');
      parts.push(child);
    };
    if (folder !== '') add(folder);
    for (const { text, figure } of view?.facts ?? [])
      add(figure === null ? text : goLink(post, figure, text, t('Go to these rows')));
    return parts;
  }

  return {
    element,
    receive: (message) => {
      switch (message.type) {
        case 'reportProgress':
          draws[message.of](message.fraction);
          return;
        case 'pointsProgress':
          moreData.setPointsProgress(message.progress);
          return;
        case 'suspicious':
          suspicious.update(message.suspicious);
          return;
        case 'showSuspicious':
          wanted = true;
          showWanted();
          return;
        case 'state':
          if (message.state.panel === 'report') render(message.state);
      }
    },
  };
}
