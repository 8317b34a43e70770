// torch as it is installed: the build follows the machine, so no lock has it.

/** Version that the trainer is tested with and all figures were measured with; pip finds a CPU build of it where torch's own index cannot be reached. */
export const TORCH = 'torch==2.13.0';

/** Folder of torch's own package indexes, one for each kind of build. */
export const TORCH_INDEX = 'https://download.pytorch.org/whl/';
