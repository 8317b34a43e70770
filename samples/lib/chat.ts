/** One line of a chat dataset, in the spelling that Python's json.dumps gives and most public files have. */
export function chatLine(system: string, user: string, assistant: string): string {
  const message = (role: string, content: string): string =>
    `{"role": "${role}", "content": ${JSON.stringify(content)}}`;
  return `{"messages": [${message('system', system)}, ${message('user', user)}, ${message('assistant', assistant)}]}`;
}

export interface Example {
  readonly prompt: string;
  readonly answer: string;
}

/** Draws until there are `count` examples with different prompts. */
export function distinct(count: number, draw: () => Example): readonly Example[] {
  const byPrompt = new Map<string, Example>();
  for (let tries = 0; byPrompt.size < count; tries += 1) {
    if (tries > count * 50) throw new Error('The generator repeats itself too often');
    const example = draw();
    if (!byPrompt.has(example.prompt)) byPrompt.set(example.prompt, example);
  }
  return [...byPrompt.values()];
}
