/** An op that computes nothing but changes the gradient that flows back through it. */
import { record } from "../autodiff.ts";
import { show } from "../shape.ts";
import { alias, check, type Tensor } from "../tensor.ts";
import { mul } from "./binary.ts";
import { reshape } from "./shape_ops.ts";

/**
 * y = x, and dx = rows·dy: x [M, …], rows [M], a factor for each row of the gradient, which is a constant. As a function it is asked for in the backward,
 * for factors that are only known once y has been used: the importance weights of a sample (Tucker et al. 2018, section 3).
 */
export function scaleGradient(x: Tensor, rows: Tensor | (() => Tensor)): Tensor {
  const device = check("scaleGradient", { x });
  const factors = (): Tensor => {
    const given = typeof rows === "function" ? rows() : rows;
    if (check("scaleGradient", { rows: given }) !== device) throw new TypeError("scaleGradient: x and rows are on one device, got two");
    if (x.shape.length === 0 || given.shape.length !== 1 || given.shape[0] !== x.shape[0]) {
      throw new RangeError(`scaleGradient: rows holds one factor for each row of x, got x ${show(x.shape)} and rows ${show(given.shape)}`);
    }
    return reshape(given, [given.size, ...x.shape.slice(1).map(() => 1)]);
  };
  if (typeof rows !== "function") factors();
  const y = alias(x, x.shape, { tracked: x.tracked });
  record([y], [x], ([dy], [want]) => want?.give(mul(dy!, factors())));
  return y;
}
