// Messages about the charts of a job, and what its panel is told for them.
import * as z from 'zod/mini';
import type { Same } from './panelShared.ts';

export type FromCharts =
  /** Write the charts to a file that the user chooses. `data`: a PNG picture as base64, else text. */
  | { readonly type: 'exportCharts'; readonly format: 'png' | 'svg' | 'csv'; readonly data: string }
  /** Keep the view of the charts (zoom, smoothing, lines that are off) with the job. Its content is the page's own. */
  | { readonly type: 'chartView'; readonly view: unknown };

/** Loss of a model that never looks at the prompts. */
export interface PanelUnconditionalLoss {
  readonly role: 'train' | 'valid' | 'full';
  readonly loss: number;
}

const exportCharts = z.object({
  type: z.literal('exportCharts'),
  format: z.enum(['png', 'svg', 'csv']),
  data: z.string(),
});
const chartView = z.object({ type: z.literal('chartView'), view: z.unknown() });
export const unconditionalLoss = z.object({ role: z.enum(['train', 'valid', 'full']), loss: z.number() });

export const fromCharts = z.discriminatedUnion('type', [exportCharts, chartView]);

true satisfies Same<z.output<typeof fromCharts>, FromCharts>;
true satisfies Same<z.output<typeof unconditionalLoss>, PanelUnconditionalLoss>;
