export type SnippetLanguage = 'python' | 'typescript' | 'curl';

export interface SnippetInput {
  readonly language: SnippetLanguage;
  /** Base URL that ends in the version segment, e.g. `https://api.openai.com/v1`; null with `serverFile`. */
  readonly baseUrl: string | null;
  /** Path of the file with the address and token of the running local server; both change with each start of it. */
  readonly serverFile?: string;
  /** Job whose model is asked; the model's name is read from it. Not needed with `model`. */
  readonly jobId?: string;
  /** Model that is asked, by the provider's name. */
  readonly model?: string;
  /** Header that carries the key (for curl); default `authorization`. */
  readonly keyHeader?: 'authorization' | 'api-key';
  /** Name of the environment variable that holds the key; a snippet never contains the key itself. */
  readonly keyVariable?: string;
  /** Messages of the request; default a short placeholder. */
  readonly messages?: readonly { readonly role: string; readonly content: string }[];
}

/** Name of the variable: `OPENAI_API_KEY` for OpenAI itself; another elsewhere, so that OpenAI's key is not sent to another host by mistake. */
export function keyVariableFor(baseUrl: string): string {
  return /^https:\/\/api\.openai\.com(?:\/|$)/.test(baseUrl) ? 'OPENAI_API_KEY' : 'TUNING_FORK_API_KEY';
}

/** Writes code that asks a model, and first reads its name from the job when only the job is given. Every value is quoted for its language. */
export function codeSnippet(input: SnippetInput): string {
  const baseUrl = (input.baseUrl ?? '').replace(/\/+$/, '');
  const wanted = input.keyVariable ?? keyVariableFor(baseUrl);
  // A variable's name goes in unquoted (curl): anything but a plain name is refused.
  const keyVariable = /^[A-Za-z_][A-Za-z0-9_]*$/.test(wanted) ? wanted : 'TUNING_FORK_API_KEY';
  const messages = input.messages ?? [{ role: 'user', content: 'Your question' }];
  const { jobId = '', model = null, keyHeader = 'authorization', serverFile = null } = input;
  const parts = { baseUrl, serverFile, jobId, model, keyHeader, keyVariable, messages };
  switch (input.language) {
    case 'python':
      return python(parts);
    case 'typescript':
      return typescript(parts);
    case 'curl':
      return serverFile === null ? curl(parts) : localCurl(parts, serverFile);
  }
}

interface Parts {
  readonly baseUrl: string;
  readonly serverFile: string | null;
  readonly jobId: string;
  readonly model: string | null;
  readonly keyHeader: 'authorization' | 'api-key';
  readonly keyVariable: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
}

/** Comment above the lines that read the server's file. */
const SERVER_FILE =
  'Written by the local server while it runs. Tuning Fork starts it when you open its jobs or models.';

function python({ baseUrl, serverFile, jobId, model, keyVariable, messages }: Parts): string {
  const fromJob = `job = client.fine_tuning.jobs.retrieve(${literal(jobId)})
print(job.fine_tuned_model)

`;
  const client =
    serverFile === null
      ? `import os

from openai import OpenAI

client = OpenAI(base_url=${literal(baseUrl)}, api_key=os.environ[${literal(keyVariable)}])`
      : `import json

from openai import OpenAI

# ${SERVER_FILE}
with open(${literal(serverFile)}, encoding="utf-8") as file:
    server = json.load(file)
client = OpenAI(base_url=server["base_url"], api_key=server["token"])`;
  return `${client}

${model === null ? fromJob : ''}reply = client.chat.completions.create(
    model=${model === null ? 'job.fine_tuned_model' : literal(model)},
    messages=[
${messages.map((message) => `        {"role": ${literal(message.role)}, "content": ${literal(message.content)}},`).join('\n')}
    ],
    temperature=0,
)
print(reply.choices[0].message.content)
`;
}

function typescript({ baseUrl, serverFile, jobId, model, keyVariable, messages }: Parts): string {
  const fromJob = `const job = await client.fineTuning.jobs.retrieve(${literal(jobId)});
if (job.fine_tuned_model === null) throw new Error('The job has no model yet');
console.log(job.fine_tuned_model);

`;
  const client =
    serverFile === null
      ? `import OpenAI from 'openai';

const client = new OpenAI({ baseURL: ${literal(baseUrl)}, apiKey: process.env[${literal(keyVariable)}] });`
      : `import { readFileSync } from 'node:fs';
import OpenAI from 'openai';

// ${SERVER_FILE}
const server = JSON.parse(readFileSync(${literal(serverFile)}, 'utf8'));
const client = new OpenAI({ baseURL: server.base_url, apiKey: server.token });`;
  return `${client}

${model === null ? fromJob : ''}const reply = await client.chat.completions.create({
  model: ${model === null ? 'job.fine_tuned_model' : literal(model)},
  messages: [
${messages.map((message) => `    { role: ${literal(message.role)}, content: ${literal(message.content)} },`).join('\n')}
  ],
  temperature: 0,
});
console.log(reply.choices[0]?.message.content);
`;
}

function curl({ baseUrl, jobId, model, keyHeader, keyVariable, messages }: Parts): string {
  const key = keyHeader === 'authorization' ? `"Authorization: Bearer $${keyVariable}"` : `"api-key: $${keyVariable}"`;
  const job = shell(`${baseUrl}/fine_tuning/jobs/${encodeURIComponent(wellFormed(jobId))}`);
  const fromJob = `MODEL=$(curl -fsS ${job} \\
  -H ${key} | jq -r .fine_tuned_model)
echo "$MODEL"`;
  return `${model === null ? fromJob : `MODEL=${shellValue(model)}`}

jq -n --arg model "$MODEL" --argjson messages ${shell(ascii(JSON.stringify(messages)))} \\
  '{model: $model, messages: $messages, temperature: 0}' |
  curl -fsS ${shell(`${baseUrl}/chat/completions`)} \\
    -H ${key} \\
    -H 'Content-Type: application/json' \\
    -d @- | jq -r '.choices[0].message.content'
`;
}

/** Writes code without jq: the local server writes JSON on one line, and the names of its models need no escapes. */
function localCurl({ jobId, model, messages }: Parts, serverFile: string): string {
  const field = (name: string): string => `sed -n 's/.*"${name}": *"\\([^"]*\\)".*/\\1/p'`;
  const body = { messages, temperature: 0 };
  const fromJob = `MODEL=$(curl -fsS "$URL"${shell(`/fine_tuning/jobs/${encodeURIComponent(wellFormed(jobId))}`)} -H "Authorization: Bearer $KEY" | ${field('fine_tuned_model')})
echo "$MODEL"
`;
  const rest = ascii(JSON.stringify(body)).slice(1);
  const data =
    model === null ? `'{"model":"'"$MODEL"'",'${shell(rest)}` : shell(ascii(JSON.stringify({ model, ...body })));
  return `# ${SERVER_FILE}
SERVER=${shell(serverFile)}
URL=$(${field('base_url')} "$SERVER")
KEY=$(${field('token')} "$SERVER")

${model === null ? `${fromJob}\n` : ''}curl -fsS "$URL"/chat/completions \\
  -H "Authorization: Bearer $KEY" \\
  -H 'Content-Type: application/json' \\
  -d ${data}
`;
}

/** Writes a string literal that Python and TypeScript read alike: JSON's form, with invisible characters escaped. */
function literal(text: string): string {
  return ascii(JSON.stringify(wellFormed(text)));
}

/** Escapes characters that an editor or a terminal may hide or act on: controls, separators, right-to-left marks. */
function ascii(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Quotes a word for a POSIX shell, without NUL, which no word can contain. */
function shell(text: string): string {
  return `'${text.replaceAll('\0', '').replaceAll("'", `'\\''`)}'`;
}

/** Writes a value for a shell variable; characters that a terminal may hide or act on go through jq, escaped. */
function shellValue(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? shell(text) : `$(jq -rn ${shell(literal(text))})`;
}

/** Replaces half a surrogate pair: encodeURIComponent throws on one, and Python cannot send it. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}
