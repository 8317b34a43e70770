// How the columns of the Jobs table are called.
import { t } from '../../base/messages.ts';
import { isMetric, metricName } from '../../evaluation/comparison/metricName.ts';
import { advancedTitle, isAdvancedName } from '../advanced.ts';
import { MODEL_LOSS, partsOf } from './columns.ts';

/** Title of a column; names that a provider gave are shown as they are. */
export function columnTitle(column: string): string {
  const [kind, name] = partsOf(column);
  switch (kind) {
    case 'last':
      if (column === MODEL_LOSS) return t('Validation loss of the model');
      return t('{0}, last', metricTitle(name));
    case 'best':
      return t('{0}, best', metricTitle(name));
    case 'eval':
      return t('Evaluation: {0}', isMetric(name) ? metricName(name) : name);
    case 'set':
      return parameterTitle(name);
    default:
      return factTitle(name);
  }
}

function metricTitle(name: string): string {
  switch (name) {
    case 'train_loss':
      return t('Training loss');
    case 'valid_loss':
      return t('Validation loss');
    case 'full_valid_loss':
      return t('Full validation loss');
    case 'train_mean_token_accuracy':
      return t('Training accuracy');
    case 'valid_mean_token_accuracy':
      return t('Validation accuracy');
    case 'full_valid_mean_token_accuracy':
      return t('Full validation accuracy');
    default:
      return name;
  }
}

function parameterTitle(name: string): string {
  switch (name) {
    case 'n_epochs':
      return t('Epochs');
    case 'batch_size':
      return t('Batch size');
    case 'learning_rate_multiplier':
      return t('Learning rate multiplier');
    case 'beta':
      return t('Beta');
    case 'compute_multiplier':
      return t('Compute multiplier');
    case 'eval_interval':
      return t('Evaluation interval');
    case 'eval_samples':
      return t('Evaluation samples');
    case 'reasoning_effort':
      return t('Reasoning effort');
    default:
      return isAdvancedName(name) ? advancedTitle(name) : name;
  }
}

/** What a column says beyond its title; null where the title says all. */
export function columnHint(column: string): string | null {
  switch (column) {
    case 'speed':
      return t(
        'Trained tokens by the time of the whole training, with its validations and checkpoints: measured, not estimated.',
      );
    case MODEL_LOSS:
      return t(
        'Mean loss of the model that the job made on all validation examples: of its last step, or of the best checkpoint where it stopped early.',
      );
    case 'device':
      return t('Device that trained, as the server tells.');
    case 'memory':
      return t('Most memory that the training used at once: of one GPU, else of its process.');
    case 'workers':
      return t('Worker processes of the cluster that trained.');
    case 'nodes':
      return t('Nodes of the cluster on which the workers were.');
    default:
      return null;
  }
}

function factTitle(name: string): string {
  switch (name) {
    case 'name':
      return t('Job');
    case 'status':
      return t('Status');
    case 'evaluation':
      return t('Evaluation');
    case 'cost':
      return t('Cost');
    case 'duration':
      return t('Duration');
    case 'model':
      return t('Base model');
    case 'method':
      return t('Method');
    case 'dataset':
      return t('Dataset');
    case 'hash':
      return t('Dataset hash');
    case 'validation':
      return t('Validation file');
    case 'examples':
      return t('Examples');
    case 'tokens':
      return t('Trained tokens');
    case 'estimate':
      return t('Estimated cost');
    case 'speed':
      return t('Tokens/s');
    case 'device':
      return t('Device');
    case 'memory':
      return t('Peak memory');
    case 'workers':
      return t('Workers');
    case 'nodes':
      return t('Nodes');
    case 'sweep':
      return t('Sweep');
    case 'seed':
      return t('Seed');
    case 'suffix':
      return t('Suffix');
    case 'step':
      return t('Steps');
    case 'created':
      return t('Started');
    case 'connection':
      return t('Connection');
    case 'tuned':
      return t('Fine-tuned model');
    case 'id':
      return t('Job ID');
    default:
      return name;
  }
}
