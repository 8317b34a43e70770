import { t } from '../base/messages.ts';
import { fail, ok, type Result } from '../base/result.ts';

/** Parts of the address of a connection. */
export interface Address {
  readonly scheme: 'http' | 'https';
  /** Host in lower case; IPv6 in brackets. */
  readonly host: string;
  /** Port; null: the scheme's own. */
  readonly port: number | null;
  /** Path that begins with `/` or is empty; no trailing slash. */
  readonly path: string;
}

// A closed grammar instead of a general parser (of IPv6 only this machine): user names, queries, fragments, backslashes, spaces and characters outside
// ASCII are refused, so there is nothing two parsers could read differently.
const ADDRESS = /^(https?):\/\/(\[::1\]|[a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::(\d{1,5}))?((?:\/[\w.~%-]*)*)$/i;

/** Endings that are often pasted along with the base address. */
const ENDPOINTS = /\/(chat\/completions|completions|models|files|fine_tuning\/jobs)$/;

export function parseAddress(text: string): Address | null {
  const match = ADDRESS.exec(text.trim());
  if (!match) return null;
  const [, scheme = '', rawHost = '', rawPort, rawPath = ''] = match;
  const host = rawHost.toLowerCase();
  if (!host.startsWith('[') && !isPlainHost(host)) return null;
  const port = rawPort === undefined ? null : Number(rawPort);
  if (port !== null && (port < 1 || port > 65_535)) return null;
  if (rawPath.split('/').some((segment) => /^(\.|%2e){1,2}$/i.test(segment))) return null;
  const secure = scheme.toLowerCase() === 'https';
  return {
    scheme: secure ? 'https' : 'http',
    host,
    port: port === (secure ? 443 : 80) ? null : port,
    path: rawPath.replace(/\/+$/, ''),
  };
}

/** Takes a host that ends in a number only as four plain decimals, since some clients read `0x7f.1` as 127.0.0.1. */
function isPlainHost(host: string): boolean {
  const labels = host.split('.');
  if (!/^(\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? '')) return true;
  return labels.length === 4 && labels.every((label) => /^(0|[1-9]\d{0,2})$/.test(label) && Number(label) <= 255);
}

/** Recognizes hosts that cannot leave this machine: 127.0.0.0/8, ::1 and localhost. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || (/^127(\.\d{1,3}){3}$/.test(host) && isPlainHost(host));
}

export function isLoopback(baseUrl: string): boolean {
  const address = parseAddress(baseUrl);
  return address !== null && isLoopbackHost(address.host);
}

/** Origin that a key is bound to, `scheme://host[:port]`; null when the text is no address of a connection. */
export function originOf(baseUrl: string): string | null {
  const address = parseAddress(baseUrl);
  return address === null ? null : formatOrigin(address);
}

/** Host and port, for sentences: `api.openai.com`. */
export function hostOf(baseUrl: string): string {
  const address = parseAddress(baseUrl);
  if (address === null) return t('the provider');
  return address.port === null ? address.host : `${address.host}:${address.port}`;
}

/** Parses a typed or pasted address to the base URL of a connection (`Connection.baseUrl`): no trailing slash, keys only over https. */
export function parseBaseUrl(text: string): Result<string> {
  const trimmed = text.trim();
  if (trimmed === '') {
    return fail({
      code: 'address-empty',
      message: t('The address is empty.'),
      action: t('Enter an address such as {0}.', 'https://api.example.com/v1'),
    });
  }
  const address = parseAddress(trimmed);
  if (address === null) {
    return fail({
      code: 'address-syntax',
      message: t('This is not the address of an API.'),
      action: t('Enter an address such as {0}, without user name, "?" or "#".', 'https://api.example.com/v1'),
    });
  }
  if (address.scheme === 'http' && !isLoopbackHost(address.host)) {
    return fail({
      code: 'address-insecure',
      message: t('The key would be sent to {0} unencrypted over http.', address.host),
      action: t('Use an address that starts with https://; http:// is allowed on this machine only.'),
    });
  }
  return ok(formatOrigin(address) + address.path.replace(ENDPOINTS, ''));
}

/**
 * Parses an address of Azure: the resource's name, or the endpoint shown in the portal. The version of the API that speaks OpenAI's
 * protocol is at `/openai/v1` of both `*.openai.azure.com` and Foundry's `*.services.ai.azure.com`.
 */
export function parseAzureAddress(text: string): Result<string> {
  const typed = text.trim();
  if (/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/i.test(typed)) {
    return ok(`https://${typed.toLowerCase()}.openai.azure.com/openai/v1`);
  }
  const address = parseBaseUrl(typed);
  if (!address.ok) {
    return address.error.code === 'address-insecure'
      ? address
      : fail({
          code: address.error.code,
          message:
            typed === '' ? t('The resource is empty.') : t('This is neither the name of a resource nor its endpoint.'),
          action: t('Enter its name, or the endpoint such as {0}.', 'https://my-resource.openai.azure.com/'),
        });
  }
  return ok(/\/v\d+$/.test(address.value) ? address.value : `${originOf(address.value) ?? ''}/openai/v1`);
}

function formatOrigin({ scheme, host, port }: Address): string {
  return `${scheme}://${host}${port === null ? '' : `:${port}`}`;
}
