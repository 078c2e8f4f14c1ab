import type { Reader } from "./reader.ts";
import { OPSET } from "./schema.ts";

/** Reads an OperatorSetIdProto into a map from domains to versions. */
export function readOpset(r: Reader, opsets: Map<string, number>): void {
  let domain = "";
  let version = 1;
  while (r.next()) {
    if (r.field === OPSET.domain) domain = r.string();
    else if (r.field === OPSET.version) version = r.int();
    else r.skip();
  }
  opsets.set(domain === "ai.onnx" ? "" : domain, version);
}
