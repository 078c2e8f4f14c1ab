export { checkGradient, type CheckGradientOptions } from "./check-gradient.ts";
