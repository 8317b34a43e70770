import { t, tn } from '../../src/core/base/messages.ts';
import { sentenceOf, type Statement } from '../../src/core/evaluation/comparison/statements.ts';
import { trainedOnSentence, ungradableSentence } from '../../src/core/evaluation/report/words.ts';
import type { PanelHeadline } from '../../src/protocol/panelShared.ts';
import type { EvaluationModel } from './evaluationModel.ts';
import { isDecidedEarly, watchedIn } from './looksSection.ts';
import type { RunJudgment } from './runJudgment.ts';

export interface TopSentence extends PanelHeadline {
  /** The sentence that claims something, which may be bold; null: nothing is claimed. */
  readonly strong: string | null;
}

/** What the run says, whole: how far it is, the verdict, and what takes away from it. Figures without a comparison where there is none. */
export function topSentence(model: EvaluationModel, judgment: RunJudgment | null): TopSentence {
  const { run, status, headline, items } = model.state;
  const { answered = null, answer = [] } = judgment ?? {};
  if (answered === null || answer.length === 0 || answered.items === 0) return { ...headline, strong: null };
  const ungradable = Math.max(0, ...run.contestants.map(({ id }) => model.tally(id).classes.ungradable));
  const total = items.length - ungradable;
  const overlap = trainedOnSentence(run.trainedOn, items.length);
  const { failed } = model.progress();
  const sentences = [
    status === 'finished' || answered.items >= total ? null : soFar(status, answered.items, total),
    sentenceOf(answer),
    wentOn(model, answered.a),
    failed > 0 ? tn(failed, '{0} request failed.', '{0} requests failed.') : null,
    overlap,
    ungradableSentence(run.grader, ungradable, items.length),
  ];
  const { claim, typical } = answered;
  const isMixed = typical !== null && typical.claim !== 'none' && typical.claim !== claim;
  const isClaim = claim === 'better' || claim === 'worse';
  const replacement = answer.find(({ code }) => code.startsWith('replacement-'));
  const text = sentences.filter((sentence) => sentence !== null).join(' ');
  if (replacement !== undefined) {
    return {
      tone: overlap !== null ? 'bad' : failed > 0 ? 'warning' : toneOf(replacement),
      text,
      strong: status === 'running' || replacement.code === 'replacement-open' ? null : sentenceOf([replacement]),
    };
  }
  return {
    tone:
      overlap !== null
        ? 'bad'
        : isMixed || failed > 0
          ? 'warning'
          : claim === 'better'
            ? 'good'
            : claim === 'worse'
              ? 'bad'
              : 'neutral',
    text,
    strong:
      isClaim && status !== 'running' ? sentenceOf(answer.filter(({ code }) => code.startsWith('verdict'))) : null,
  };
}

/** Color of what is said of a replacement. */
function toneOf({ code }: Statement): TopSentence['tone'] {
  switch (code) {
    case 'replacement-equal':
    case 'replacement-as-good':
    case 'replacement-better':
      return 'good';
    case 'replacement-worse':
      return 'bad';
    default:
      return 'neutral';
  }
}

/** A run that went on to the end after its verdict keeps it. */
function wentOn(model: EvaluationModel, contestant: string): string | null {
  const watched = model.state.status === 'finished' ? watchedIn(model) : [];
  return watched.some((one) => one.contestant.id === contestant && isDecidedEarly(one))
    ? t('All rows were asked after that; the early verdict was the planned one, and stays.')
    : null;
}

function soFar(status: string, shared: number, total: number): string {
  return status === 'running'
    ? tn(total, 'So far {1} of {0} item has answers of both.', 'So far {1} of {0} items have answers of both.', shared)
    : tn(total, '{1} of {0} item has answers of both.', '{1} of {0} items have answers of both.', shared);
}
