import { t } from '../../src/core/base/messages.ts';
import type { ContestantReport } from '../../src/core/evaluation/types.ts';
import { metricTitle } from './metricWords.ts';
import { el } from '../dom.ts';
import { figure } from '../format.ts';
import { visibleLine } from '../visibleText.ts';
import type { EvaluationModel } from './evaluationModel.ts';

/** Whether the lesson's arithmetic gives another figure, as it is written. */
function differs({ meanError, lessonMeanError, rmsle, lessonRmsle }: ContestantReport): boolean {
  return figure(meanError) !== figure(lessonMeanError) || figure(rmsle) !== figure(lessonRmsle);
}

let isOpen = false;

/** The figures by the lesson's arithmetic, folded up; null where they are the same. */
export function lessonTable(model: EvaluationModel, unit: string): HTMLElement | null {
  const { run, reports } = model.state;
  if (run.grader !== 'number' || !reports.some(differs)) return null;
  const head = (title: string): HTMLElement => el('th', { class: 'number', attributes: { scope: 'col' } }, [title]);
  const fold = el('details', { class: 'lesson', attributes: { open: isOpen } }, [
    el('summary', {}, [t('The lesson’s own arithmetic')]),
    el('p', { class: 'dim caption' }, [
      t(
        'It counts a reply without a number as the guess 0, and takes each contestant over the rows that it has itself. Those rows alone make the difference.',
      ),
    ]),
    el('table', { attributes: { 'aria-label': t('The lesson’s own arithmetic') } }, [
      el('thead', {}, [
        el('tr', {}, [
          el('th', { attributes: { scope: 'col' } }, [t('contestant')]),
          head(metricTitle('mae', unit)),
          head(t('the lesson’s')),
          head(t('RMSLE')),
          head(t('the lesson’s')),
        ]),
      ]),
      el(
        'tbody',
        {},
        reports.map((report) =>
          el('tr', {}, [
            el('th', { attributes: { scope: 'row' } }, [visibleLine(model.labelOf(report.contestant))]),
            ...[report.meanError, report.lessonMeanError, report.rmsle, report.lessonRmsle].map((value) =>
              el('td', { class: 'number' }, [figure(value)]),
            ),
          ]),
        ),
      ),
    ]),
  ]);
  fold.addEventListener('toggle', () => {
    isOpen = fold.open;
  });
  return fold;
}
