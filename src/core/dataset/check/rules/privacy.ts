import { t } from '../../../base/messages.ts';
import { isRecord, textsOf, type Rule, type RuleFinding } from './rule.ts';

type SaySecret = (message: number, beginning: string) => string;

/** Keys that are recognized by their form; quickScan.ts looks for the same beginnings. */
const SECRETS: readonly (readonly [pattern: RegExp, say: SaySecret])[] = [
  [
    /(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{20,}/,
    (message, beginning) => t('Message {0} seems to contain an API key ({1}…).', message, beginning),
  ],
  [
    /(?<![A-Za-z0-9])A(?:K|S)IA[A-Z0-9]{16}(?![A-Za-z0-9])/,
    (message, beginning) => t('Message {0} seems to contain an AWS access key ({1}…).', message, beginning),
  ],
  [
    /(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})/,
    (message, beginning) => t('Message {0} seems to contain a GitHub token ({1}…).', message, beginning),
  ],
  [
    /(?<![A-Za-z0-9])xox[abprs]-[A-Za-z0-9-]{10,}/,
    (message, beginning) => t('Message {0} seems to contain a Slack token ({1}…).', message, beginning),
  ],
  [
    /(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{35}/,
    (message, beginning) => t('Message {0} seems to contain a Google API key ({1}…).', message, beginning),
  ],
  [
    /(?<![A-Za-z0-9])hf_[A-Za-z0-9]{30,}/,
    (message, beginning) => t('Message {0} seems to contain a Hugging Face token ({1}…).', message, beginning),
  ],
  [
    /(?<![A-Za-z0-9])[rs]k_live_[A-Za-z0-9]{16,}/,
    (message, beginning) => t('Message {0} seems to contain a Stripe key ({1}…).', message, beginning),
  ],
  [
    /(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/,
    (message, beginning) => t('Message {0} seems to contain a signed token, a JWT ({1}…).', message, beginning),
  ],
  [
    /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/,
    (message, beginning) => t('Message {0} seems to contain a private key ({1}…).', message, beginning),
  ],
];
/** One cheap look decides whether the patterns are tried at all. */
const MAYBE_SECRET = /sk-|AKIA|ASIA|gh[pousr]_|github_pat_|xox[abprs]-|AIza|hf_|k_live_|eyJ|-----BEGIN/;

/** No text holds what looks like a key. Only its beginning is ever shown. */
export const noSecrets: Rule = ({ messages }) =>
  inTexts(messages, (text) => {
    if (!MAYBE_SECRET.test(text)) return null;
    for (const [pattern, say] of SECRETS) {
      const match = pattern.exec(text);
      if (match === null) continue;
      return {
        code: 'secret',
        message: (index) => say(index + 1, match[0].slice(0, 4)),
        action: t('Replace it with a made-up one: a model cannot unlearn it.'),
        start: match.index,
        end: match.index + match[0].length,
      };
    }
    return null;
  });

// The length limits keep the search linear: RFC 5321 allows 64 before the @.
const EMAIL =
  /(?<![A-Za-z0-9._%+-])[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,4}\.[A-Za-z]{2,24}/g;
/** Addresses of a function, not personal ones. */
const FUNCTIONS = new Set(
  (
    'abuse,accounts,admin,billing,bookings,campaign,careers,compliance,contact,customercare,' +
    'customerservice,data,dataprotection,dpo,editor,enquiries,events,facilities,feedback,finance,gdpr,' +
    'hello,help,helpdesk,hr,info,investors,it,jobs,legal,mail,marketing,media,members,membership,' +
    'newsletter,no-reply,noreply,office,orders,partners,postmaster,press,privacy,reception,recruitment,' +
    'research,reservations,returns,sales,security,service,services,shop,subscribe,support,team,' +
    'unsubscribe,user,username,webmaster'
  ).split(','),
);

/** Domains without addresses, kept for examples and tests (RFC 2606, RFC 6761). */
const RESERVED = /@(?:[^@]*\.)?(?:example(?:\.(?:com|org|net))?|test|invalid|localhost)$/i;

/** No text contains a personal email address. */
export const noEmailAddresses: Rule = ({ messages }) =>
  inTexts(messages, (text) => {
    if (!text.includes('@')) return null;
    for (const match of text.matchAll(EMAIL)) {
      const name = match[0].slice(0, match[0].indexOf('@')).toLowerCase();
      if (FUNCTIONS.has(name) || RESERVED.test(match[0])) continue;
      return {
        code: 'email-address',
        message: (index) => t('Message {0} contains a personal email address.', index + 1),
        action: t('Replace it with a made-up one, unless the model should learn it.'),
        start: match.index,
        end: match.index + match[0].length,
      };
    }
    return null;
  });

interface Hit {
  readonly code: 'secret' | 'email-address';
  readonly message: (index: number) => string;
  readonly action: string;
  readonly start: number;
  readonly end: number;
}

/** The first hit of every message. */
function inTexts(messages: readonly unknown[], find: (text: string) => Hit | null): readonly RuleFinding[] {
  const findings: RuleFinding[] = [];
  messages.forEach((message, index) => {
    if (!isRecord(message)) return;
    for (const { text, path } of textsOf(message['content'], ['messages', index, 'content'])) {
      const hit = find(text);
      if (hit === null) continue;
      const { code, action, start, end } = hit;
      findings.push({ code, message: hit.message(index), action, path, part: { start, end } });
      return;
    }
  });
  return findings;
}
