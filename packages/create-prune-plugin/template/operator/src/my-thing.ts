import { defineOp, type OpHandler, same } from "@prune/core";

/**
 * `Y = MyThing(X)`, element by element, with `MyThing(0) = 0`. Without a rule, everything that an operator touches stays
 * whole; this one says that each channel it yields is the channel it reads.
 *
 * - `links`: which slices of its inputs and outputs go together;
 * - `zero`: whether it yields zero where its inputs are, so that cutting equals zeroing;
 * - `cut`: attributes and shapes that change with a cut, `macs`: what it costs. Neither is needed here.
 */
export const myThing: OpHandler = defineOp({
  type: "MyThing",
  domain: "my-thing",
  links: ({ in: [x], out: [y] }) => (x && y ? x.dims.map((_, axis) => same(x.axis(axis), y.axis(axis))) : []),
  zero: ([x]) => x === true,
});
