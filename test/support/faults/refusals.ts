// Refusals as OpenAI, Azure and gateways send them, word for word, and a model that is as particular as a reasoning model.
import type { Fault, SeenRequest } from './fault.ts';

interface Refusal {
  readonly name: string;
  readonly status: number;
  readonly body: unknown;
}

/** Moderation: this prompt is refused, others are not. */
export const REFUSED_PROMPTS: readonly Refusal[] = [
  {
    name: 'OpenAI, a prompt that was flagged',
    status: 400,
    body: {
      error: {
        message:
          'Invalid prompt: your prompt was flagged as potentially violating our usage policy. Please try again with a different prompt: https://platform.openai.com/docs/guides/reasoning#advice-on-prompting',
        type: 'invalid_request_error',
        param: null,
        code: 'invalid_prompt',
      },
    },
  },
  {
    name: 'OpenAI, the content policy',
    status: 400,
    body: {
      error: {
        message: 'Your request was rejected as a result of our safety system.',
        type: 'invalid_request_error',
        param: null,
        code: 'content_policy_violation',
      },
    },
  },
  {
    name: 'Azure, the content filter',
    status: 400,
    body: {
      error: {
        message:
          "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your prompt and retry. To learn more about our content filtering policies please read our documentation: https://go.microsoft.com/fwlink/?linkid=2198766",
        type: null,
        param: 'prompt',
        code: 'content_filter',
        status: 400,
        innererror: {
          code: 'ResponsibleAIPolicyViolation',
          content_filter_result: { violence: { filtered: true, severity: 'medium' } },
        },
      },
    },
  },
  {
    name: 'a gateway, 403 about the input',
    status: 403,
    body: {
      error: {
        code: 403,
        message: 'openai/gpt-4o-mini requires moderation on OpenAI. Your input was flagged for "violence".',
        metadata: { reasons: ['violence'], flagged_input: 'How do I…', provider_name: 'OpenAI' },
      },
    },
  },
];

/** The model, the deployment, the account or the key is refused, whatever the prompt is. */
export const REFUSED_MODELS: readonly (Refusal & { readonly code: string })[] = [
  {
    name: 'OpenAI, a model of another project',
    status: 403,
    code: 'model-not-found',
    body: {
      error: {
        message: 'Project `proj_1` does not have access to model `gpt-4o`',
        type: 'invalid_request_error',
        param: null,
        code: 'model_not_found',
      },
    },
  },
  {
    name: 'OpenAI, sampling that is not allowed',
    status: 403,
    code: 'forbidden',
    body: {
      error: {
        message: 'You are not allowed to sample from this model',
        type: 'invalid_request_error',
        param: null,
        code: null,
      },
    },
  },
  {
    name: 'OpenAI, a flagged account',
    status: 403,
    code: 'forbidden',
    body: {
      error: {
        message: 'Your account was flagged for potential abuse. If you feel this is an error, please contact us.',
        type: 'invalid_request_error',
        param: null,
        code: null,
      },
    },
  },
  {
    name: 'OpenAI, a country',
    status: 403,
    code: 'forbidden',
    body: {
      error: {
        message: 'Country, region, or territory not supported',
        type: 'request_forbidden',
        param: null,
        code: 'unsupported_country_region_territory',
      },
    },
  },
  {
    name: 'OpenAI, a model that does not exist',
    status: 404,
    code: 'model-not-found',
    body: {
      error: {
        message: 'The model `gpt-9` does not exist or you do not have access to it.',
        type: 'invalid_request_error',
        param: null,
        code: 'model_not_found',
      },
    },
  },
  {
    name: 'Azure, a missing deployment',
    status: 404,
    code: 'deployment-missing',
    body: {
      error: {
        code: 'DeploymentNotFound',
        message:
          'The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again.',
      },
    },
  },
  {
    name: 'Azure, a wrong key',
    status: 401,
    code: 'key-refused',
    body: {
      error: {
        code: '401',
        message:
          'Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.',
      },
    },
  },
];

/** Refuses `max_tokens` and any temperature but 1, in OpenAI's words. `only`: models that are so; default: all. */
export function pickyModel(only: (model: string) => boolean = () => true) {
  return (route: string, seen: SeenRequest): Fault => {
    if (route !== 'POST /chat/completions') return { kind: 'ok' };
    const body = JSON.parse(seen.body) as Readonly<Record<string, unknown>>;
    if (!only(String(body['model']))) return { kind: 'ok' };
    if (body['max_tokens'] !== undefined) {
      return refuse(
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        'max_tokens',
        'unsupported_parameter',
      );
    }
    if (body['temperature'] !== undefined && body['temperature'] !== 1) {
      return refuse(
        `Unsupported value: 'temperature' does not support ${JSON.stringify(body['temperature'])} with this model. Only the default (1) value is supported.`,
        'temperature',
        'unsupported_value',
      );
    }
    return { kind: 'ok' };
  };
}

function refuse(message: string, param: string, code: string): Fault {
  return { kind: 'status', status: 400, body: { error: { message, type: 'invalid_request_error', param, code } } };
}
