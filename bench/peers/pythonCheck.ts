import { execFileSync } from 'node:child_process';

// What people run before an upload: the file into a list, then the format of every message.
const PROGRAM = `
import json, resource, sys
with open(sys.argv[1], encoding='utf-8') as file:
    rows = [json.loads(line) for line in file]
wrong = {}
def note(what):
    wrong[what] = wrong.get(what, 0) + 1
for row in rows:
    if not isinstance(row, dict):
        note('type')
        continue
    messages = row.get('messages')
    if not messages:
        note('messages')
        continue
    for message in messages:
        if 'role' not in message or 'content' not in message:
            note('key')
        if any(key not in ('role', 'content', 'name', 'function_call', 'weight') for key in message):
            note('unknown key')
        if message.get('role') not in ('system', 'user', 'assistant', 'function'):
            note('role')
        content = message.get('content')
        if not content and not message.get('function_call') or not isinstance(content, str):
            note('content')
    if not any(message.get('role') == 'assistant' for message in messages):
        note('no assistant')
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({'cpuMs': 1000 * (used.ru_utime + used.ru_stime), 'rssMb': used.ru_maxrss * 1024 / 1e6, 'wrong': wrong}))
`;

/** CPU milliseconds and megabytes; null where there is no Python. */
export function pythonCheck(file: string): { readonly cpuMs: number; readonly rssMb: number } | null {
  try {
    const out = execFileSync('python3', ['-c', PROGRAM, file], {
      encoding: 'utf8',
      timeout: 300_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return JSON.parse(out) as { cpuMs: number; rssMb: number };
  } catch {
    return null;
  }
}
