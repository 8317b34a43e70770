import { t } from '../core/base/messages.ts';
import { twoDecimals } from '../core/base/numbers.ts';
import { OpenWeightsError, trainerBroken } from './problems.ts';
import { fieldsOf, parseJson, type Fields } from './json.ts';
import { bytesInWords } from '../core/base/bytes.ts';
import { run } from './processes.ts';
import { cleanEnvironment } from './cleanEnvironment.ts';
import { SetUpCancelled } from './setUp.ts';

/** Importing torch on a cold disk takes most of it. */
const DOCTOR_MS = 180_000;

/**
 * Runs the trainer's Doctor and returns its report.
 * @throws OpenWeightsError when the trainer does not start
 * @throws SetUpCancelled
 */
export async function askDoctor(python: string, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Fields> {
  const ended = await run(
    { command: python, args: ['-m', 'tuning_fork_trainer', 'doctor'] },
    { env: cleanEnvironment(env), signal, timeoutMs: DOCTOR_MS },
  );
  if (ended.aborted) throw new SetUpCancelled();
  const report = parse(ended.stdout);
  if (report === null) {
    throw new OpenWeightsError(trainerBroken(ended.lines.findLast((line) => line.trim() !== '')?.trim() ?? ''));
  }
  return report;
}

/** Report as Markdown. Texts of the report are shown as code: they may come from drivers and packages. */
export function doctorText(report: Fields, facts: { readonly python: string; readonly at: string }): string {
  const { ok, message, action, versions, devices, step_seconds: seconds, loss, ...others } = report;
  const lines = [`# ${t('Open-weights training on this machine')}`, ''];
  if (typeof message === 'string') lines.push(`**${ok === false ? '✗' : '✓'} ${plain(message)}**`, '');
  if (typeof action === 'string' && action !== '') lines.push(plain(action), '');
  if (typeof seconds === 'number') {
    const text =
      typeof loss === 'number'
        ? t(
            'One step of a tiny random model took {0} s and had a loss of {1}.',
            twoDecimals(seconds),
            twoDecimals(loss),
          )
        : t('One step of a tiny random model took {0} s.', twoDecimals(seconds));
    lines.push(`## ${t('Training step')}`, '', plain(text), '');
  }
  lines.push(...deviceLines(Array.isArray(devices) ? devices : []));
  lines.push(
    ...table(
      t('Versions'),
      [t('Package'), t('Version')],
      Object.entries(fieldsOf(versions) ?? {}).map(([name, version]) =>
        version === null ? [plain(name), t('not installed')] : cells([name, version]),
      ),
    ),
  );
  const rest = Object.entries(others).filter(
    ([name, value]) => name !== 'type' && value !== null && value !== undefined,
  );
  const known: readonly (readonly [string, unknown])[] = [
    [t('Environment'), facts.python],
    [t('Looked at'), facts.at],
    ...rest.map(([name, value]): readonly [string, unknown] => [
      name,
      /_(free|total)$|^memory|^disk/.test(name) && typeof value === 'number' ? bytesInWords(value) : value,
    ]),
  ];
  lines.push(...table(t('Machine'), [t('Fact'), t('Value')], known.map(cells)));
  return `${lines.join('\n').trimEnd()}\n`;
}

function deviceLines(devices: readonly unknown[]): readonly string[] {
  const rows = devices.map((entry) => {
    const device = fieldsOf(entry);
    if (device === null) return [code(entry), '', ''];
    const total = device['memory_total'];
    const free = device['memory_free'];
    return [
      code(device['kind'] ?? ''),
      code(device['name'] ?? ''),
      typeof total === 'number'
        ? typeof free === 'number'
          ? t('{0} free of {1}', bytesInWords(free), bytesInWords(total))
          : bytesInWords(total)
        : typeof free === 'number'
          ? t('{0} free', bytesInWords(free))
          : '',
    ];
  });
  return table(t('Devices'), [t('Device'), t('Name'), t('Memory')], rows);
}

function table(title: string, head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  if (rows.length === 0) return [];
  const line = (values: readonly string[]): string => `| ${values.join(' | ')} |`;
  return [`## ${title}`, '', line(head), line(head.map(() => '---')), ...rows.map(line), ''];
}

function cells([name, value]: readonly [string, unknown]): readonly string[] {
  return [plain(name), code(value)];
}

/** Value as inline code that nothing in it can end. */
function code(value: unknown): string {
  const text = (typeof value === 'string' ? value : JSON.stringify(value)).replace(/[`|\r\n]/g, ' ').trim();
  return text === '' ? '' : `\`${text}\``;
}

/** Text without Markdown and HTML. */
function plain(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').replace(/[\\`*_[\]<>|#]/g, '\\$&');
}

/** Whole output, or its last line that is an object: libraries may print before it. */
function parse(stdout: string): Fields | null {
  for (const text of [stdout, ...stdout.split('\n').reverse()]) {
    const value = fieldsOf(parseJson(text));
    if (value !== null) return value;
  }
  return null;
}
