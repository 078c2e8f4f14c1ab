import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { loadOnnx, saveOnnx } from "@prune/backend-onnx/node";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../test/command.ts";
import { convNet } from "../../test/models.ts";
import { identityOf } from "./identity.ts";

const at = temporaryFolder();

test("tells a model from the same one with other weights in the file beside it", async () => {
  await saveOnnx({ graph: convNet() }, at("model.onnx"), { externalData: true });
  const identity = async (): Promise<unknown> => identityOf("run", await loadOnnx(at("model.onnx")), { seed: 1 });
  const first = await identity();
  expect(await identity()).toEqual(first);
  const data = at(readdirSync(at()).find((name) => name.endsWith(".data"))!);
  const bytes = readFileSync(data);
  bytes[0]! ^= 1;
  writeFileSync(data, bytes);
  expect(await identity()).not.toEqual(first);
});
