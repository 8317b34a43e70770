import type { LineLook } from '../../charts/curves/palette.ts';
import { setAttribute } from '../../dom.ts';

const SVG = 'http://www.w3.org/2000/svg';

/** A sample of a line for legends and tooltips. */
export function lineMark({ colour, dash, isPoints }: LineLook): SVGSVGElement {
  const mark = document.createElementNS(SVG, 'svg');
  const size = isPoints ? { width: 11, height: 11 } : { width: 22, height: 11 };
  mark.classList.add('line-mark');
  setAttribute(mark, 'width', size.width);
  setAttribute(mark, 'height', size.height);
  setAttribute(mark, 'aria-hidden', 'true');
  const shape = document.createElementNS(SVG, 'path');
  if (isPoints) {
    setAttribute(shape, 'd', 'M5.5 0.5 L10.5 5.5 L5.5 10.5 L0.5 5.5 Z');
    setAttribute(shape, 'fill', colour);
  } else {
    setAttribute(shape, 'd', 'M0 5.5 H22');
    setAttribute(shape, 'stroke', colour);
    setAttribute(shape, 'stroke-width', 2);
    setAttribute(shape, 'stroke-dasharray', dash.join(' '));
  }
  mark.append(shape);
  return mark;
}
