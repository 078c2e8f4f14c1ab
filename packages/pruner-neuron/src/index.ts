export * from "./neuron.ts";
