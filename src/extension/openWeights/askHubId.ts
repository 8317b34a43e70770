import { t } from '../../core/base/messages.ts';
import { hubOf } from '../../openWeights/downloads.ts';
import { hubId } from '../../openWeights/hubId.ts';
import { Cancelled } from '../ui/errors.ts';
import type { Ui } from '../ui/ui.ts';

/** Asks for the id of a model of the hub, or the address of its page. */
export async function askHubId({ ui }: { readonly ui: Pick<Ui, 'input'> }, title: string): Promise<string> {
  const typed = await ui.input({
    title,
    prompt: t('Id of the model at {0}', new URL(hubOf(process.env)).host),
    placeHolder: 'Qwen/Qwen2.5-0.5B-Instruct',
    ignoreFocusOut: true,
    validateInput: (value) => (hubId(value) === null ? t('Enter an id such as owner/name, or its page.') : null),
  });
  const id = typed === undefined ? null : hubId(typed);
  if (id === null) throw new Cancelled();
  return id;
}
