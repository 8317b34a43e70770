import { execFileSync } from 'node:child_process';
import { inProject } from '../scripts/lib/paths.ts';
import { trainerPython } from '../scripts/lib/trainerEnvironment.ts';
import type { Row } from './table.ts';
import type { TrainerMaterial } from './trainerMaterial.ts';

const TOKENS = 24;
const ROUNDS = 3;

/** The line that trainer/bench/serving.py prints. */
interface Serving {
  readonly waiting: number;
  readonly generate_answers_per_second: number;
  readonly server_answers_per_second: number;
  readonly ratio: number;
}

/** Answers of the trainer's server with requests waiting, beside the library's `generate`. */
export function servingRows({ model }: TrainerMaterial): Promise<Row[]> {
  const args = ['--model', model, '--tokens', String(TOKENS), '--rounds', String(ROUNDS)];
  const out = execFileSync(trainerPython, [inProject('trainer/bench/serving.py'), ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = out.trim().split('\n').at(-1) ?? '';
  console.log(line);
  const found = JSON.parse(line) as Serving;
  return Promise.resolve([
    {
      name: `answers/s with ${String(found.waiting)} waiting requests`,
      figure: `${found.ratio.toFixed(1)} × one generate after the other`,
      goal: '≥ 3 ×',
      met: found.ratio >= 3,
      note: `${found.server_answers_per_second.toFixed(2)} beside ${found.generate_answers_per_second.toFixed(2)} answers/s of ${String(TOKENS)} tokens; the middle of ${String(ROUNDS)} rounds`,
    },
  ]);
}
