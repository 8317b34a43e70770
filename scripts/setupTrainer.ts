// `npm run setup:trainer`: makes the Python environment of the trainer in `.trainer/venv`, or brings it up to date.
import { setupTrainer } from './lib/trainerEnvironment.ts';

try {
  await setupTrainer(console.log);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
