// Character classes of the encoding's own pattern: those of Unicode 16, by Rust's regex-syntax 0.8.5 inside
// tiktoken 1.0.22. JavaScript's are no substitute: its version of Unicode is that of the engine, and its \s has
// U+FEFF and lacks U+0085. The tests compare all 1,114,112 code points with tiktoken.

/** Neither letter, mark, number nor white space. */
export const OTHER = 0;
/** Upper and title case: \p{Lu}, \p{Lt}. */
export const UPPER = 1;
/** \p{Ll}. */
export const LOWER = 2;
/** Letters of neither case: \p{Lm}, \p{Lo}. */
export const LETTER = 3;
/** \p{M}; the pattern counts it into its words but not among \p{L}. */
export const MARK = 4;
/** \p{N}. */
export const NUMBER = 5;
/** White space but for carriage return and line feed. */
export const SPACE = 6;
/** Carriage return, line feed. */
export const NEWLINE = 7;

const LETTERS = 'oulxmnsr';

// Runs of one class from U+0000 on: its letter, and the number of code points in base 36 with capitals, unless it is one.
const RUNS =
  'o9srs2roIsoFnAo7uQo6lQoAsoQso9xo7n2olo3nxon3ouNou7lOol8ulululululululululululululululululululululululululululu' +
  'l2ulululululululul2ulululululululululululululululululululululululu2lulul3u2lulu2lu3l2u4lu2lu3l3u2lu2lululu2lul' +
  '2ulu2lu3lulu2l2xul3x4u2lu2lu2lulululululululul2ululululululululul2u2lulu3lulululululululululululululululululul' +
  'ululululululululululul7u2lu2l2ulu4lulululul1Xx2lQxIo4xCoEx5o7xoxoHm34ululxoulo2xl3ouo6uou3ouou2luHou9lZul2u3l3' +
  'ulululululululululululul5uloulu2l2u1Fl1Culululululululululululululululululom7ululululululululululululululululu' +
  'lululululululululululu2lulululululul2ululululululululululululululululululululululululululululululululululululu' +
  'lulululululululululululou12o2xo6l15o8m19omom2om2omo8xRo4x4oTmBo5x17mLnAo4x2mx2Roxm7o2m6x2m2om4x2nAx3o2xoGxmxUm' +
  'Ro2x2HmBxoEnAxXm9x2o4xo2mo2xMm4xm9xm3xm5oIxPm3o4xBo5xOox6o8m9x16mOomXx1Im3xmIxm7xAm2o2nAoxGm3ox8o2x2o2xMox7oxo' +
  '3x4o2mxm7o2m2o2m3xo8mo4x2ox3m2o2nAx2o2n6o2xomo2m3ox6o4x2o2xMox7ox2ox2ox2o2mom5o4m2o2m3o3mo7x4oxo7nAm2x3moBm3ox' +
  '9ox3oxMox7ox2ox5o2mxm8om3om3o2xoFx2m2o2nAo9xm6om3ox8o2x2o2xMox7ox2ox5o2mxm7o2m2o2m3o7m3o4x2ox3m2o2nAoxn6oAmxox' +
  '6o3x3ox4o3x2oxox2o3x2o3x3o3xCo4m5o3m3om4o2xo6moEnDoDm5x8ox3oxNoxGo2mxm7om3om4o7m2ox3o2xo2x2m2o2nAo8n7oxm3ox8ox' +
  '3oxNoxAox5o2mxm7om3om4o7m2o6x2ox2m2o2nAox2moCm4x9ox3ox15m2xm7om3om4xo5x3mn7x3m2o2nJox6om3oxIo3xOox9oxo2x7o3mo4' +
  'm6omom8o6nAo2m2oDx1Cmx2m7o5x7m8onAo13x2oxox5oxOoxoxAmx2m9xo2x5oxom7onAo2x4oWxoNm2o6nKomomomo4m2x8ox10o4mKom2x5' +
  'mBom10o9mo1Lx17mKxnAo6x6m4x4m3xm3x2m7x3m4xDmCxmnAm4o2u12ouo5uo2l17oxl3x95ox4o2x7oxox4o2x15ox4o2xXox4o2x7oxox4o' +
  '2xFox1Lox4o2x1Vo2m3o9nKo3xGoGu2Eo2l6o3xH8o2xHsxQo5x23o3n3x8o7xIm4o9xJm3oBxIm2oCxDox3om2oCx1GmWo3xo4xmo2nAo6nAo' +
  'Hm3omnAo6x2Ho7x5m2xYmxo5x1YoAxVomCo4mCoAnAxUo2x5oBx18o4xQo6nBo11xNm5o4x1HmAomTo2mnAo6nAoDxo8mVo1Dm5x1BmHx8o3nA' +
  'oHm9oCm3xUmDx2nAx18mEoCx10mKo8nAo3x3nAx10o2l9ulo5u17o2u3oGm3omLx4mx6mx2m3xo5l18x1RlDxlYx11m1Sululululululululu' +
  'lululululululululululululululululululululululululululululululululululululululululululululululululululululululu' +
  'lululululululululululul9ululululululululululululululululululululululululululululululululululululululululululul' +
  'ulululululul9u8l6o2u6o2l8u8l8u8l6o2u6o2l8ououououl8u8lEo2l8u8l8u8l8u8l5ol2u5olo3l3ol2u5o3l4o2l2u4o4l8u5o5l3ol2' +
  'u5o3sBoTs2o5so1BsoGnxo2n6o5xnAo6xDo1FmXoHuo4uo2lu3l2u3louo3u5o6uououou4olu4lx4lo2l2u2o5ul4o4lon1Fuln5oK6n1Oo26' +
  'nMoHInUoVGu1Cl1Culu3l2ulululu4lul2ul6x2u3lulululululululululululululululululululululululululululululululululul' +
  'ululululululululululululululul2o6ululm3ulo9no2l12olo5lo2x1Ko7xoFmxNo9x7ox7ox7ox7ox7ox7ox7ox7omWo1BxoCWso4x2noP' +
  'n9m6ox5o2n3x2o4x2Eo2m2o2x3ox2Iox4o5x17ox2Mo3n4oAxWo1CxGoWnAoUn8onFoWnAo13nFo8Wx534o1SxH3Ho1Vx1Ao2x7Ho3xGnAx2oK' +
  'ulululululululululululululululululululululululxm4omAoxululululululululululululululx2m2x1YnAm2o11x9o2ululululul' +
  'ulul3ulululululululululululululululululululululululululululululululxl8ululu2lululululxo2ululxulul3ulululululul' +
  'ululululu5lu5lulululululululu4lulu2lo2ulololulululuoLx3ulx3lx7mx3mx4mxNm5o4mo3n6oAx1GoCm2x1EmIoAnAo6mIx6o3xox2' +
  'mnAxSm8o2xNmDoCxTo3m4x1BmEoExnAo6x5mxAnAx5ox15mEo9x3mx8m2o2nAo6xNo3xm3x1Emxm3x2m2x5m2xmxoOx3o2xBm5o2x3m2oAx6o2' +
  'x6o2x6o9x7ox7ol17ox4l9xo6l28xZm8om2o2nAo6x8MCoCxNo4x1Do6ISxA6o2x2Yo12l7oCl5o5xmxAoxDox5oxox2ox2ox30oXxA3oIx1So' +
  '2x1Io14xCo4mGoGmGo1Sx5ox3RoJnAo7uQo6lQoBx2Ho3x6o2x6o2x6o2x3oZxCoxQoxJox2oxFo2xEoYx3FoCn19oCn1LoHn2o35mo3MxTo3x' +
  '1DoFmnRo4xWn4o9xKnx8no5x12m5o5xUo2x10o4x8on5o16u14l14x26o2nAo6u10o4l10o4x14o8x1GoCuBouFou7ou2olBolFol7ol2o3x1G' +
  'oCx8No9xMoAx8oOx6ox16ox9o1Xx6o2xox18ox2o3xo2xNo2n8xNo2n7xVo8n9o1CxJox2o5n5xMn6o4xQo1Yx1Ko4n2x2nGo2n1Axm3om2o5m' +
  '4x4ox3oxTo2m3o4mn9oNxTn2oxTn3oWx8oxSm2o4n5oGx1IoAxMo2n8xJo5n8xIoNn7o28x21o1Ju1FoDl1Fo7n6x10m4o8nAo6nAx6uMo3m5o' +
  'xlMo62nVox16om2o3x2oGx3o1Jm4xTnAxo8xMmBn4oRxIm4o16xLn7oKxNo9m3x1HmFoBnUmx2m2xo9m4x19mBo7moDxPo7nAo6m3x10mEonAo' +
  '4xm2xo8xZmo2xo9m3x1CmEx4o4m4om2nAxoxo4nKoBxIoxPmCo6mx2mo1Qx7oxox4oxFoxAo7x1BmCo5nAo6m4ox8o2x2o2xMox7ox2ox5om2x' +
  'm7o2m2o2m3o2xo6mo5x5m2o2m7o3m5oBxAoxo2xox12oxm9omo2mom4om5xmxoDm2oTx1HmIx4o5nAo4mx3oUx1CmKx2oxo8nAo4Mx1Bm7o2m9' +
  'oNx4m2oYx1CmHo3xoBnAo12x17mDxo7nAo6nKoSxRo2mFo4nCo4x7o55x18mFo2TuWlWnJoCx8o2xo2x8ox2oxOm6om2o2m4xmxm2oCnAo1Yx8' +
  'o2x13m7o2m7xoxmoRxmAx14m7xm4o8mo8xmBx1AmGo3xoIx21o5JxXoFnAo6x9ox11m8om8xoFnTo5xUo2mMomEo21x7ox2ox12m6o3mom2om7' +
  'xmo8nAo6x6ox2oxWm5om2om5xo7nAo8MxJm4o9m2xmxDoxYm7o3m5oDnAmo2DxoFnLo17xPMo2Un33oHx5Go218x2PoFxTSoGmx6mFoAx32Zo5' +
  'xG7o5A1xUmInAo1C6xFTo7xVonAo6x27onAo6xUo2m5oBx1Cm7o9x4oCnAon7oxLo5xJoC0x19o3nAo5IuWlWnNo2Xx23o4mxm1Jo7m4xDo1Sx' +
  '2oxmoBm2oEx4QGo8xYEo15xAo6W7x4ox7ox2ox83oFxoTx3o2xoEx4o8xB0o1S4x2Zo5xDo3x9o7xAo3m2o381nAoEEm1Ao2mNoF2m5o3m6o8m' +
  '8o2m7oUm4o44m3o3FnKoCnKo30nPo3RuQlQuQl7olIuQlQuou2o2uo2u2o2u4ou8l4olol7olBuQlQu2ou4o2u8ou7olQu2ou4ou5ouo3u7olQ' +
  'uQlQuQlQuQlQuQlQuQlQuQlSo2uPolPol6uPolPol6uPolPol6uPolPol6uPolPol6ulo2n1EoE8m1Jo4m1Eo8moEmoMm5omFoUOlAxlKo6l6o' +
  '5Xm7omHo2m7om2om5o5x1QoXmo34x19o3m7x7o2nAo4xo8XxUmoHx18m4nAoD2xSm4nAo5YxUm2xnAoDHx7ox4ox2oxFox5Ho2n9m7o15uYlYm' +
  '7xo4nAoLZn1Non3on4o24n19onFo5Ex4oxRox2oxo2xoxAox4oxoxo6xo4xoxoxox3ox2oxo2xoxoxoxoxox2oxo2x4ox7ox4ox4oxoxAoxHo5' +
  'x3ox5oxHoG4nDo25FnAoSMxWYOoWx37Eo6x66o2x4G2oEx5RLoFxHAo1WIxF2o15Ux3T7o5x38GoF9E8m6Oo47BK';

/** Classes of all code points, 0…0x10FFFF. Ordinary text touches little of these 1.1 MB. */
export function unicodeClasses(): Uint8Array {
  const classes = new Uint8Array(0x110000);
  let at = 0;
  // Reads character codes: this is part of loading, and a regular expression took 5 ms.
  for (let index = 0; index < RUNS.length;) {
    const kind = LETTERS.indexOf(RUNS.charAt(index));
    let length = 0;
    for (index += 1; index < RUNS.length; index += 1) {
      const code = RUNS.charCodeAt(index);
      // Small letters begin the next run.
      if (code >= 0x61) break;
      length = 36 * length + (code <= 0x39 ? code - 0x30 : code - 0x37);
    }
    const end = at + Math.max(1, length);
    if (kind !== OTHER) classes.fill(kind, at, end);
    at = end;
  }
  return classes;
}
