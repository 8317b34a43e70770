/** Cell of the packages; `@packages@` is their place. */
export const INSTALL = String.raw`%pip install --quiet @packages@`;

/** Cell of the settings; `@name@` is the place of a value. */
export const SETTINGS = String.raw`
# Change a value, and run this cell and those below again. "auto" is decided below.
METHOD = @method@
BASE_MODEL = @baseModel@  # Id at the Hugging Face hub, or a folder beside this notebook.
REVISION = @revision@  # Commit at the hub; None: the newest.
TRAINING_FILE = @trainingFile@
VALIDATION_FILE = @validationFile@
OUTPUT = @output@  # Folder that receives the adapter.
SEED = @seed@

N_EPOCHS = @n_epochs@
BATCH_SIZE = @batch_size@  # Examples of one optimizer step.
LEARNING_RATE_MULTIPLIER = @multiplier@  # Times 0.0002; the rate falls evenly to 0.
BETA = @beta@

LORA_RANK = @lora_rank@
LORA_ALPHA = @lora_alpha@
TARGET_MODULES = @target_modules@
LOAD_IN_4BIT = @load_in_4bit@
MAX_LENGTH = @max_length@  # Tokens of one example.
PACKING = @packing@  # Lay examples end to end instead of padding them.
GROUP_BY_LENGTH = @group_by_length@
VALIDATION_EVERY = @validation_every@  # Steps between two looks at the validation sample.
VALIDATION_SAMPLE = @validation_sample@  # Examples.

# These two depend on the memory of the GPU and change no result.
EXAMPLES_AT_ONCE = "auto"  # Part of a batch that is computed at once.
GRADIENT_CHECKPOINTING = False  # True: less memory, a third slower.

GRADER = @grader@
`;
