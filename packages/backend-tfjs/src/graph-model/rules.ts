import { convolutions } from "./convolution.ts";
import type { OpRule, OpRules } from "./define-op.ts";
import { elementwise } from "./elementwise.ts";
import { poolings } from "./pooling.ts";
import { shapes } from "./shape.ts";

const RULES: OpRules = { ...convolutions, ...elementwise, ...poolings, ...shapes };

/** The rule for an operator; one without is computed by the converter, and nothing that it touches is cut. */
export const ruleFor = (op: string): OpRule | undefined => (Object.hasOwn(RULES, op) ? RULES[op] : undefined);
