/** ONNX Runtime's own operator set. */
export const MICROSOFT = "com.microsoft";
