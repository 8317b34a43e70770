import { COMMANDS, type CommandTable } from '../contributions.ts';
import type { Services } from '../services.ts';
import { addOpenWeightsModel } from './addModel.ts';
import { openWeightsDoctor } from './doctor.ts';
import { exportModel } from './export/exportModel.ts';
import { pushToHub } from './export/pushToHub.ts';
import { importAdapter } from './importAdapter.ts';
import { removeOpenWeightsModel } from './removeModel.ts';
import { setUpOpenWeights } from './setUp.ts';

export function openWeightsCommands(services: Services): CommandTable<'openWeights'> {
  return {
    [COMMANDS.setUpOpenWeights]: (arg) => setUpOpenWeights(services, arg),
    [COMMANDS.openWeightsDoctor]: () => openWeightsDoctor(services),
    [COMMANDS.addOpenWeightsModel]: () => addOpenWeightsModel(services),
    [COMMANDS.removeOpenWeightsModel]: () => removeOpenWeightsModel(services),
    [COMMANDS.exportModel]: (arg) => exportModel(services, arg),
    [COMMANDS.pushToHub]: (arg) => pushToHub(services, arg),
    [COMMANDS.importAdapter]: () => importAdapter(services),
  };
}
