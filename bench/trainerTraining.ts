import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Row } from './table.ts';
import { median, runTrainerBench, TRAINED, VALIDATED, type TrainerMaterial } from './trainerMaterial.ts';

const ROUNDS = 2;
/** How far below the script's a validation loss may be is not limited; above it is. */
const MOST_LOSS = 1.01;

/** Figures of one run, as trainer/bench/training.py writes them. */
interface Run {
  /** By the processor's time on one thread, which other work of the machine does not take. */
  readonly tokens_per_second: number;
  /** Nats a token of the validation. */
  readonly loss: number;
  /** Bytes. */
  readonly memory: number;
  /** Share of the places in a batch; of the script only. */
  readonly padding?: number;
}

type Runs = readonly Run[];
type Way = 'plain script' | 'same order' | 'like lengths' | 'packed';

/** Training beside a plain script of TRL: speed, loss, memory. */
export async function trainingRows({ folder, model, rows }: TrainerMaterial): Promise<Row[]> {
  const file = path.join(folder, 'training.json');
  await runTrainerBench('training.py', [
    ...['--model', model, '--data', rows, '--json', file, '--rounds', String(ROUNDS)],
    ...['--rows', String(TRAINED), '--validation', String(VALIDATED), '--threads', '1', '--cpu-time'],
  ]);
  const found = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<Way, Runs>>;
  return [sameOrderRow(found), lessPaddingRow(found), memoryRow(found)];
}

function sameOrderRow(found: Readonly<Record<Way, Runs>>): Row {
  const peer = found['plain script'];
  const ratios = speedRatios(found['same order'], peer);
  const ratio = median(ratios);
  return {
    name: 'tokens/s in the same order',
    figure: `${ratio.toFixed(2)} × the plain script`,
    goal: '≥ 0.97 ×',
    met: ratio >= 0.97,
    note: `rounds ${spread(ratios)}; the script makes ${peer.map((run) => run.tokens_per_second.toFixed(0)).join(', ')} tokens/s of a processor; loss ${lossRatio(found['same order'], peer).toFixed(3)} ×`,
  };
}

function lessPaddingRow(found: Readonly<Record<Way, Runs>>): Row {
  const peer = found['plain script'];
  const ways = (['like lengths', 'packed'] as const).map((way) => {
    const ratios = speedRatios(found[way], peer);
    return { way, ratios, ratio: median(ratios), loss: lossRatio(found[way], peer) };
  });
  const good = ways.filter(({ loss }) => loss <= MOST_LOSS);
  const best = [...(good.length > 0 ? good : ways)].sort((x, y) => y.ratio - x.ratio)[0];
  const padding = median(peer.map((run) => run.padding ?? NaN));
  const each = ways.map(({ way, ratios, loss }) => `${way} ${spread(ratios)} at a loss of ${loss.toFixed(3)} ×`);
  return {
    name: 'tokens/s, the better of like lengths and packed',
    figure: `${(best?.ratio ?? NaN).toFixed(2)} × the plain script`,
    goal: `≥ 1.3 × at a validation loss ≤ ${String(MOST_LOSS)} ×`,
    met: good.some(({ ratio }) => ratio >= 1.3),
    note: `${each.join('; ')}; ${(100 * padding).toFixed(0)} % of the script's places are padding, without which it would be ${(1 / (1 - padding)).toFixed(2)} × as fast`,
  };
}

function memoryRow(found: Readonly<Record<Way, Runs>>): Row {
  const peer = median(found['plain script'].map(({ memory }) => memory));
  const ways = (['same order', 'like lengths', 'packed'] as const).map((way) => ({
    way,
    ratio: median(found[way].map(({ memory }) => memory)) / peer,
  }));
  const most = Math.max(...ways.map(({ ratio }) => ratio));
  return {
    name: 'peak memory',
    figure: `${most.toFixed(2)} × the plain script`,
    goal: '≤ 1.1 ×',
    met: most <= 1.1,
    note: `${ways.map(({ way, ratio }) => `${way} ${ratio.toFixed(2)}`).join(', ')}; the script takes ${(peer / 1e9).toFixed(2)} GB`,
  };
}

/** Those within the rounds, so that other work of the machine falls on both. */
function speedRatios(runs: Runs, peers: Runs): number[] {
  return runs.map((run, round) => {
    const peer = peers[round];
    return peer === undefined ? NaN : run.tokens_per_second / peer.tokens_per_second;
  });
}

function lossRatio(runs: Runs, peers: Runs): number {
  const sum = (all: Runs): number => all.reduce((total, { loss }) => total + loss, 0);
  return sum(runs) / sum(peers);
}

function spread(values: readonly number[]): string {
  return values.map((value) => value.toFixed(2)).join(', ');
}
