// LaTeX commands that begin with a letter which JSON's escapes have too: `\times` without its second backslash is a tab and "imes".

/** Rests of commands after the letter of the escape. A rest counts only where no letter follows it. */
const RESTS: Readonly<Record<string, readonly string[]>> = {
  t: words(
    'an,anh,arget,au,ext,extbf,extit,extrm,exttt,extsc,extstyle,frac,binom,herefore,heta,hinspace,imes,ilde,o,op,riangle,riangleq,ag',
  ),
  n: words(
    'abla,atural,ce,cong,e,earrow,eg,eq,eqq,ewline,exists,geq,gtr,leftarrow,leq,less,mid,onumber,ot,otin,parallel,prec,rightarrow,sim,smile,subseteq,succ,supseteq,u,warrow,vdash',
  ),
  r: words(
    'angle,brace,brack,ceil,floor,ho,hd,ight,ightarrow,ightleftharpoons,ightharpoonup,ightharpoondown,m,enewcommand,ef,vert,Vert,oot',
  ),
  b: words(
    'ackslash,ar,ecause,egin,eta,eth,etween,f,ig,igl,igr,Big,igcap,igcup,igoplus,igotimes,igvee,igwedge,inom,lacksquare,m,mod,ot,owtie,ox,oxed,reve,ullet,oldsymbol,old',
  ),
  f: words('box,lat,orall,rac,rown,rak,oo'),
};

function words(list: string): readonly string[] {
  return list.split(',');
}

const isLetter = (code: number): boolean => (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);

/** Rests by the letter of the escape and their own first letter, as codes of ASCII. */
const BY_LETTERS = new Map<number, readonly Uint8Array[]>();
for (const [letter, rests] of Object.entries(RESTS))
  for (const rest of rests) {
    const key = letter.charCodeAt(0) * 128 + rest.charCodeAt(0);
    const bytes = Uint8Array.from(rest, (sign) => sign.charCodeAt(0));
    BY_LETTERS.set(key, [...(BY_LETTERS.get(key) ?? []), bytes]);
  }

/** 1 where a rest may begin, by the letter of the escape times 128 and the byte after it: a look before `commandRest`. */
export const MAY_BE_COMMAND = new Uint8Array(128 * 128);
for (const key of BY_LETTERS.keys()) MAY_BE_COMMAND[key] = 1;

/**
 * Length of the rest of a command at `at`, after an escape with this letter; 0 when there is none. `line` is UTF-8.
 */
export function commandRest(
  line: { readonly [at: number]: number; readonly length: number },
  at: number,
  letter: number,
): number {
  const rests = BY_LETTERS.get(letter * 128 + (line[at] ?? 0));
  if (rests === undefined) return 0;
  for (const rest of rests) {
    let i = 0;
    while (i < rest.length && line[at + i] === rest[i]) i += 1;
    if (i === rest.length && !isLetter(line[at + i] ?? 0)) return i;
  }
  return 0;
}

const IN_TEXT = new Map(
  Object.entries(RESTS).map(([letter, rests]) => [letter, new RegExp(`(?:${rests.join('|')})(?![A-Za-z])`, 'y')]),
);

/** The rest of a command at `at` of a text, after an escape with this letter; empty when there is none. */
export function commandRestIn(text: string, at: number, letter: string): string {
  const pattern = IN_TEXT.get(letter);
  if (pattern === undefined) return '';
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}
