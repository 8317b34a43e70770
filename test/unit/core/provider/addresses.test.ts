import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  hostOf,
  isLoopback,
  originOf,
  parseAzureAddress,
  parseBaseUrl,
} from '../../../../src/core/provider/addresses.ts';
import { redact } from '../../../../src/core/base/redact.ts';
import { untrustedText } from '../../../../src/core/base/untrustedText.ts';
import { cpuMs } from '../../../support/cpuTime.ts';

const baseUrl = (text: string): string => {
  const parsed = parseBaseUrl(text);
  return parsed.ok ? parsed.value : parsed.error.code;
};

describe('the address of a connection', () => {
  it.each([
    ['https://api.openai.com/v1', 'https://api.openai.com/v1'],
    ['  HTTPS://API.OpenAI.com:443/v1/ ', 'https://api.openai.com/v1'],
    ['https://api.example.com', 'https://api.example.com'],
    ['https://api.example.com/v1/chat/completions', 'https://api.example.com/v1'],
    ['https://api.example.com/v1/models/', 'https://api.example.com/v1'],
    ['http://127.0.0.1:4000/v1', 'http://127.0.0.1:4000/v1'],
    ['http://localhost:1234/v1', 'http://localhost:1234/v1'],
    ['http://[::1]:1234/v1', 'http://[::1]:1234/v1'],
    ['https://name.openai.azure.com/openai/v1', 'https://name.openai.azure.com/openai/v1'],
    ['http://example.com/v1', 'address-insecure'],
    ['http://192.168.0.2/v1', 'address-insecure'],
    ['http://127.0.0.1.example.com/v1', 'address-insecure'],
    ['http://localhost.example.com', 'address-insecure'],
    ['http://0.0.0.0:8000', 'address-insecure'],
    ['', 'address-empty'],
    ['api.example.com/v1', 'address-syntax'],
    ['ftp://example.com', 'address-syntax'],
    ['file:///etc/passwd', 'address-syntax'],
    ['https://user:password@example.com', 'address-syntax'],
    ['https://example.com@evil.com', 'address-syntax'],
    ['https://example.com/v1?key=1', 'address-syntax'],
    ['https://example.com/v1#x', 'address-syntax'],
    ['https:\\\\example.com', 'address-syntax'],
    ['https://example.com\\@evil.com', 'address-syntax'],
    ['https://exa mple.com', 'address-syntax'],
    ['https://example.com/a/../b', 'address-syntax'],
    ['https://example.com/%2e%2E/b', 'address-syntax'],
    ['https://example.com:99999', 'address-syntax'],
    ['https://example.com:0', 'address-syntax'],
    ['https://münchen.de', 'address-syntax'],
    ['http://0x7f.1', 'address-syntax'],
    ['https://[a]/v1', 'address-syntax'],
    ['https://[::ffff:7f00:1]/v1', 'address-syntax'],
    ['http://2130706433', 'address-syntax'],
    ['http://127.1', 'address-syntax'],
    ['http://127.0.0.01', 'address-syntax'],
    ['javascript:alert(1)', 'address-syntax'],
  ])('%s → %s', (text, expected) => {
    expect(baseUrl(text)).toBe(expected);
  });

  it('has the origin that the platform sees, whatever is typed', () => {
    const part = fc.string({ unit: fc.constantFrom(...Array.from('abxA019.:@/\\[]%?#-')), maxLength: 12 });
    fc.assert(
      fc.property(fc.constantFrom('http://', 'https://', 'https:'), part, part, (scheme, host, rest) => {
        const text = scheme + host + rest;
        const parsed = parseBaseUrl(text);
        if (!parsed.ok) return;
        const url = URL.parse(parsed.value);
        expect(url?.origin).toBe(originOf(parsed.value));
        expect(parseBaseUrl(parsed.value)).toEqual(parsed);
        // http only for this machine, as the platform reads the address.
        if (url?.protocol === 'http:') expect(url.hostname).toMatch(/^(localhost|127\..*|\[::1\])$/);
      }),
      { numRuns: 3000 },
    );
  });

  it('knows this machine', () => {
    expect(isLoopback('http://127.0.0.1:1/v1')).toBe(true);
    expect(isLoopback('http://127.9.9.9/v1')).toBe(true);
    expect(isLoopback('https://api.openai.com/v1')).toBe(false);
    expect(hostOf('https://api.openai.com/v1')).toBe('api.openai.com');
    expect(hostOf('http://127.0.0.1:4000/v1')).toBe('127.0.0.1:4000');
  });
});

describe('redaction', () => {
  it.each([
    'Incorrect API key provided: sk-proj-abc123DEF456_-xyz.',
    'sk-ab**************wxyz',
    'authorization: Bearer abc.def-ghi_jkl',
    '{"api_key":"hunter2hunter2"}',
    'x-api-key=0123456789',
    'WANDB_API_KEY=0123456789abcdef0123456789abcdef01234567',
    'key 0123456789abcdef0123456789abcdef01234567',
    'https://user:password@example.com/',
    'https://example.com/?token=abcdef&x=1',
  ])('takes the secret out of %s', (text) => {
    const clean = redact(text);
    expect(clean).toContain('[redacted]');
    expect(clean).not.toMatch(/abc123|wxyz|def-ghi|hunter2|0123456789|password@|abcdef/);
    expect(redact(clean)).toBe(clean);
  });

  it('takes out a known secret whatever it looks like', () => {
    expect(redact('token=Zq9!weird~secret here', ['Zq9!weird~secret', null, 'a'])).not.toContain('weird');
  });

  it('leaves ordinary sentences alone', () => {
    const text = 'Step 500/500: training loss=1.00, the task-based risk-free desk was 3 s late (ftjob-abc).';
    expect(redact(text)).toBe(text);
  });

  it('makes foreign text one harmless line', () => {
    expect(untrustedText('a\n\u0000b\u202e\u200bc  d ')).toBe('a b c d');
    expect(untrustedText('x'.repeat(1e6))).toHaveLength(300);
    expect(untrustedText(`${'x'.repeat(298)}😀😀`)).toBe(`${'x'.repeat(298)}…`);
  });

  it('costs no time on long hostile text', () => {
    const start = cpuMs();
    for (const unit of ['sk-', 'a=', '?a=', 'bearer ', 'https://', '@', 'authorization: '])
      untrustedText(unit.repeat(500_000));
    expect(cpuMs() - start).toBeLessThan(1000);
  });
});

describe('what a person has of Azure', () => {
  it.each([
    ['my-resource', 'https://my-resource.openai.azure.com/openai/v1'],
    [' My-Resource ', 'https://my-resource.openai.azure.com/openai/v1'],
    ['https://my-resource.openai.azure.com/', 'https://my-resource.openai.azure.com/openai/v1'],
    ['https://my-resource.openai.azure.com/openai/v1/', 'https://my-resource.openai.azure.com/openai/v1'],
    ['https://my-resource.services.ai.azure.com/models', 'https://my-resource.services.ai.azure.com/openai/v1'],
    ['https://my-resource.services.ai.azure.com/api/projects/p', 'https://my-resource.services.ai.azure.com/openai/v1'],
    ['http://127.0.0.1:4000', 'http://127.0.0.1:4000/openai/v1'],
    ['http://127.0.0.1:4000/openai/v1', 'http://127.0.0.1:4000/openai/v1'],
    ['http://my-resource.openai.azure.com/', 'address-insecure'],
    ['', 'address-empty'],
    ['my resource', 'address-syntax'],
    ['my-resource.openai.azure.com', 'address-syntax'],
    ['evil.com/x?', 'address-syntax'],
    ['-a', 'address-syntax'],
  ])('%s → %s', (typed, expected) => {
    const parsed = parseAzureAddress(typed);
    expect(parsed.ok ? parsed.value : parsed.error.code).toBe(expected);
  });
});
