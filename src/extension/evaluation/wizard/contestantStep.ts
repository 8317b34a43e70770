import { t } from '../../../core/base/messages.ts';
import { jobTitle } from '../../../core/training/words/describe.ts';
import { shortModelName } from '../../../core/training/modelName.ts';
import type { Connection } from '../../../core/provider/connection.ts';
import { canBaseAnswer } from '../../../core/provider/localModel.ts';
import { isProviderFailure } from '../../../core/provider/failure.ts';
import { withRemedy } from '../../connections/providers.ts';
import type { Services } from '../../services.ts';
import type { Choice, StepUi } from '../../ui/multiStep.ts';
import { plainText } from '../../ui/plainText.ts';
import { withCancel } from '../../ui/progress.ts';
import { baseOf, keyOf, type EvaluationPlan, type FullPlan, type ModelTarget } from './evaluationPlan.ts';

type ContestantServices = Pick<Services, 'jobs' | 'connections' | 'providers' | 'ui'>;

/** Values of the items that are no models. */
const FLOORS = 'floors';
const OTHERS = 'others';

/** Asks which models take part besides the one that the run is about, and with which of them the others are compared. */
export async function askContestants(
  services: ContestantServices,
  plan: FullPlan,
  ui: StepUi,
): Promise<EvaluationPlan> {
  let { rivals } = plan;
  for (;;) {
    const offered = await offeredRivals(services, { ...plan, rivals });
    const picked = await ui.pickMany({
      placeholder: t('Choose the contestants. The model and the free floors always take part.'),
      choices: choicesOf(plan.target, rivals, offered),
    });
    rivals = offered.filter((model) => picked.includes(keyOf(model)));
    if (!picked.includes(OTHERS)) break;
    const other = await askOther(services, ui);
    if (![plan.target, ...rivals].some((model) => keyOf(model) === keyOf(other))) rivals = [...rivals, other];
  }
  return { ...plan, rivals, baseline: rivals.length < 2 ? null : await askBaseline({ ...plan, rivals }, ui) };
}

function choicesOf(
  target: ModelTarget,
  rivals: readonly ModelTarget[],
  offered: readonly ModelTarget[],
): readonly Choice<string>[] {
  const base = baseOf(target);
  const placeOf = ({ model, connection }: ModelTarget): string => plainText(`${model} · ${connection.name}`);
  return [
    { label: plainText(target.label), description: placeOf(target), picked: true, value: keyOf(target) },
    ...offered.map((model) => {
      const isBase = base !== null && keyOf(model) === keyOf(base);
      return {
        label: plainText(isBase ? t('{0} base', model.label) : model.label),
        description: isBase ? t('the model it was tuned from') : placeOf(model),
        picked: rivals.some((rival) => keyOf(rival) === keyOf(model)),
        value: keyOf(model),
      };
    }),
    {
      label: t('Free floors'),
      description: t('constant, nearest training example, bag of words: always included, without requests'),
      picked: true,
      value: FLOORS,
    },
    { label: `$(add) ${t('Another Model…')}`, description: t('any chat model of any connection'), value: OTHERS },
  ];
}

/** Models that can be ticked: the base, the checkpoints, those chosen before, and the other fine-tuned models, newest first. */
async function offeredRivals(
  { jobs, connections }: ContestantServices,
  { target, rivals }: FullPlan,
): Promise<readonly ModelTarget[]> {
  await jobs.load();
  const known = await connections.list();
  const base = baseOf(target);
  const checkpoints = (target.record?.checkpoints ?? []).flatMap(({ model, step }) =>
    model === '' ? [] : [{ ...target, model, label: t('{0}, step {1}', target.label, String(step)) }],
  );
  const tuned = jobs.list().flatMap((record): ModelTarget[] => {
    const connection = known.find(({ id }) => id === record.connectionId);
    const model = record.job.fineTunedModel;
    if (connection === undefined || model === null || record.gone) return [];
    return [{ connection, model, label: jobTitle(record.job, record.local.name), base: record.job.model, record }];
  });
  const found = new Map<string, ModelTarget>();
  for (const model of [...(base === null ? [] : [base]), ...checkpoints, ...rivals, ...tuned])
    if (keyOf(model) !== keyOf(target) && !found.has(keyOf(model))) found.set(keyOf(model), model);
  return [...found.values()];
}

/** Asks for a model of any connection: from its list, or by name. */
async function askOther(services: ContestantServices, ui: StepUi): Promise<ModelTarget> {
  const connections = await services.connections.list();
  const id = await ui.pick<string>({
    placeholder: t('Where does the model answer?'),
    choices: connections.map((connection) => ({
      label: plainText(connection.name),
      description: connection.kind === 'local' ? t('this machine, free, no key') : connection.baseUrl,
      value: connection.id,
    })),
  });
  const connection = connections.find((one) => one.id === id);
  if (connection === undefined) throw new Error(`There is no connection ${id}.`);
  const listed = await modelsOf(services, connection);
  const chosen = await ui.pick<string | null>({
    placeholder: t('Choose a model of {0}', connection.name),
    choices: [
      ...listed.map((model) => ({ label: plainText(model), value: model })),
      { label: `$(edit) ${t('Enter a model name…')}`, alwaysShow: true, value: null },
    ],
  });
  const typed =
    chosen ??
    (await ui.input({
      prompt: t("The model's name, as {0} spells it", connection.name),
      validate: (value) => (value.trim() === '' ? t('Enter a name.') : null),
    }));
  const model = typed.trim();
  return { connection, model, label: shortModelName(model), base: null, record: null };
}

async function modelsOf(
  { providers, ui }: Pick<Services, 'providers' | 'ui'>,
  connection: Connection,
): Promise<readonly string[]> {
  try {
    const listed = await withCancel(ui, t('Loading models of {0}…', connection.name), async (signal) =>
      (await providers.get(connection.id)).listModels({ signal }),
    );
    return listed.map(({ id }) => id).filter(canBaseAnswer);
  } catch (error) {
    // A restricted key may not list models, and some gateways have no list: the user can still type the name.
    if (isProviderFailure(error) && (error.status === 403 || error.status === 404)) return [];
    throw withRemedy(error, connection);
  }
}

async function askBaseline(plan: FullPlan, ui: StepUi): Promise<string> {
  return ui.pick<string>({
    placeholder: t('Which contestant are the others compared with?'),
    choices: plan.rivals.map((rival) => ({
      label: plainText(rival.label),
      description: plainText(`${rival.model} · ${rival.connection.name}`),
      value: keyOf(rival),
    })),
    active: (value) => value === (plan.baseline ?? keyOf(baseOf(plan.target) ?? plan.target)),
  });
}
