import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Row } from './table.ts';
import { median, runTrainerBench, TRAINED, type TrainerMaterial } from './trainerMaterial.ts';

const ROUNDS = 2;

/** Figures as trainer/bench/cluster.py writes them. */
interface Found {
  /** Tokens of a second, a round each. */
  readonly torchrun: readonly number[];
  readonly ray: readonly number[];
  /** Seconds from the start of the command to its first step, a round each. */
  readonly start_torchrun: readonly number[];
  readonly start_ray: readonly number[];
  /** Steps that a lost worker cost, and those since the last checkpoint. */
  readonly lost: readonly [number, number];
}

/** A cluster of two nodes on this machine beside torchrun with two processes: speed, way to the first step, lost steps. */
export async function rayRows({ folder, model, rows }: TrainerMaterial): Promise<Row[]> {
  const file = path.join(folder, 'ray.json');
  await runTrainerBench('cluster.py', [
    ...['--model', model, '--data', rows, '--json', file],
    ...['--rows', String(TRAINED), '--rounds', String(ROUNDS)],
  ]);
  const found = JSON.parse(readFileSync(file, 'utf8')) as Found;
  const ratios = found.ray.map((speed, round) => speed / (found.torchrun[round] ?? NaN));
  const ratio = median(ratios);
  const overheads = found.start_ray.map((seconds, round) => seconds - (found.start_torchrun[round] ?? NaN));
  const overhead = median(overheads);
  const [cost, since] = found.lost;
  return [
    {
      name: 'tokens/s of two Ray workers',
      figure: `${ratio.toFixed(2)} × torchrun`,
      goal: '≥ 0.9 ×',
      met: ratio >= 0.9,
      note: `rounds ${list(ratios, 2)}; torchrun ${list(found.torchrun, 0)} tokens/s, Ray ${list(found.ray, 0)}`,
    },
    {
      name: 'submission to a warm cluster, to the first step',
      figure: `${overhead.toFixed(1)} s over torchrun`,
      goal: '≤ 20 s',
      met: overhead <= 20,
      note: `rounds ${list(overheads, 1)}; torchrun ${list(found.start_torchrun, 1)} s, Ray ${list(found.start_ray, 1)} s`,
    },
    {
      name: 'steps that a killed worker costs',
      figure: String(cost),
      goal: `≤ ${String(since)} (since the last checkpoint)`,
      met: cost <= since,
      note: 'a checkpoint after each 30 steps',
    },
  ];
}

function list(values: readonly number[], digits: number): string {
  return values.map((value) => value.toFixed(digits)).join(', ');
}
