import { PruneError } from "@prune/core";

export const errorNoHessian = (): PruneError =>
  new PruneError(
    "bad-option",
    'Scorer "grasp" needs the Hessian times the gradient, and the provider of gradients does not offer it. Use gradients() of @prune/autodiff.',
  );
