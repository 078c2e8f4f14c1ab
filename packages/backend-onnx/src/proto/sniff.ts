/** First bytes of other files that people hand over as a model, and what to say about them. */
const SIGNATURES: readonly (readonly [at: number, text: string, what: string])[] = [
  [0, "\x89PNG", "a PNG image"],
  [0, "\xff\xd8\xff", "a JPEG image"],
  [0, "PK\x03\x04", "a zip archive (a PyTorch checkpoint or an .npz file?); export the network to ONNX first"],
  [0, "\x1f\x8b", "a gzip archive; unpack it first"],
  [0, "\x89HDF", "an HDF5 file (a Keras model?); convert it to ONNX first"],
  [0, "\x80\x02", "a Python pickle (a PyTorch checkpoint?); export the network to ONNX first"],
  [0, "\x93NUMPY", "a NumPy array"],
  [0, "version https://git-lfs", "a Git LFS pointer; fetch the file itself with `git lfs pull`"],
  [0, "<", "a web page or XML; the download probably failed"],
  [0, "{", "JSON (a TensorFlow.js model.json?); ONNX files are binary"],
  [4, "TFL3", "a TensorFlow Lite model; convert it to ONNX first"],
  [4, "ORTM", "a model in ORT format; use the .onnx file it was made from"],
];

/** What a file that is no ONNX model seems to be. */
export function describeContent(bytes: Uint8Array): string {
  if (bytes.length === 0) return "an empty file; export or download it again";
  for (const [at, text, what] of SIGNATURES) if (hasText(bytes, at, text)) return what;
  if (bytes.subarray(0, 256).every((b) => (b >= 32 && b < 127) || (b >= 9 && b <= 13))) return "a text file";
  return "something else";
}

function hasText(bytes: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}
