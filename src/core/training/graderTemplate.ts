import type { RftGraderType } from './graderSchema.ts';

/** Template of a grader file, written around a field of the rows. The file is for the provider and the model, so it stays English. */
export function graderTemplate(type: RftGraderType, field: string): Readonly<Record<string, unknown>> {
  const reference = `{{item.${field}}}`;
  const sample = '{{sample.output_text}}';
  const input = [{ role: 'user', content: `Reference answer: ${reference}\n\nAnswer to judge: ${sample}` }];
  switch (type) {
    case 'string_check':
      return { type, name: 'exact answer', input: sample, reference, operation: 'eq' };
    case 'text_similarity':
      return { type, name: 'close answer', input: sample, reference, evaluation_metric: 'fuzzy_match' };
    case 'score_model':
      return { type, name: 'judged answer', model: 'o3-mini-2025-01-31', input, range: [0, 1] };
    case 'python':
      return {
        type,
        name: 'computed score',
        source: `def grade(sample: dict, item: dict) -> float:\n    return 1.0 if sample["output_text"] == item[${JSON.stringify(field)}] else 0.0\n`,
      };
    case 'multi':
      return {
        type,
        name: 'several graders',
        graders: {
          exact: graderTemplate('string_check', field),
          close: graderTemplate('text_similarity', field),
        },
        calculate_output: '0.5 * exact + 0.5 * close',
      };
  }
}
