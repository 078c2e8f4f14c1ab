// The union package re-exports the layers; only those are installed here.
declare module "@tensorflow/tfjs" {
  export * from "@tensorflow/tfjs-layers";
}
