import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { bytes, compact } from "../format.ts";
import { readFiles } from "../read-files.ts";
import type { PageState } from "../state.ts";
import { Problem } from "./problem.tsx";

const SHIPPED = [
  { file: "fashion_resnet.onnx", label: "ResNet-20" },
  { file: "fashion_mobilenet.onnx", label: "MobileNet" },
  { file: "fashion_mlp.onnx", label: "Dense" },
  { file: "fashion_vit.onnx", label: "Transformer" },
  { file: "fashion_lstm.onnx", label: "LSTM" },
] as const;

interface Props {
  readonly page: PageState;
  readonly disabled: boolean;
}

/** Takes a network that the page brings, or files. */
export function NetworkPicker({ page, disabled }: Props): VNode {
  const { network, opening, openShipped, openFiles, error } = page;
  const [over, setOver] = useState(false);
  const take = async (files: FileList | null | undefined): Promise<void> => {
    if (files?.length && !disabled) openFiles(await readFiles(files));
  };
  // A file that misses the field would otherwise take the page's place.
  useEffect(() => {
    const ignore = (event: DragEvent): void => event.preventDefault();
    for (const type of ["dragover", "drop"] as const) addEventListener(type, ignore);
    return () => {
      for (const type of ["dragover", "drop"] as const) removeEventListener(type, ignore);
    };
  }, []);
  return (
    <section class="card" aria-labelledby="network">
      <h2 id="network">1. Network</h2>
      <fieldset class="choices" disabled={disabled}>
        <legend>Trained on Fashion-MNIST</legend>
        {SHIPPED.map(({ file, label }) => (
          <label key={file}>
            <input
              type="radio"
              name="network"
              checked={(opening ?? network?.name) === file}
              onChange={() => openShipped(file)}
            />
            <span>{label}</span>
          </label>
        ))}
      </fieldset>
      <label
        class={over ? "drop over" : "drop"}
        onDragOver={() => setOver(true)}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          setOver(false);
          void take(event.dataTransfer?.files);
        }}
      >
        <input
          type="file"
          multiple
          accept=".onnx,.json,.bin,.data"
          disabled={disabled}
          onChange={({ currentTarget }) => {
            void take(currentTarget.files).finally(() => (currentTarget.value = ""));
          }}
        />
        <strong>Open your own</strong>
        <span>Drop or choose an .onnx file, or model.json with its .bin files</span>
      </label>
      <Problem text={error?.what === "opening" ? error.text : undefined} />
      {network && (
        <dl class="facts">
          <dt>File</dt>
          <dd>
            {network.name}, {bytes(network.fileBytes)}
          </dd>
          <dt>Input</dt>
          <dd>{network.inputs.join(", ")}</dd>
          <dt>Layers</dt>
          <dd>
            {network.report.layers.length} with weights, {compact(network.cost.params)} parameters
          </dd>
        </dl>
      )}
      {network && !network.images.fit && (
        <p class="hint">
          The page’s images do not fit this network, so accuracy is not measured and nothing is recovered.{" "}
          {network.images.why}
        </p>
      )}
    </section>
  );
}
