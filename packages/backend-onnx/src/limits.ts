/** Protobuf refuses messages of 2 GiB and more, and so does every reader of ONNX. */
export const MAX_MESSAGE_BYTES: number = 2 ** 31 - 1;
