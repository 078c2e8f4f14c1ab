import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { commandOf, outputName } from "../command.ts";
import type { NamedFile, NetworkView, Outcome } from "../engine/api.ts";
import { SHIPPED } from "../engine/images.ts";

interface Props {
  readonly outcome: Outcome;
  readonly network: NetworkView;
}

/** The network, the plan, and the command that does the same in a shell. */
export function Downloads({ outcome, network }: Props): VNode {
  const { settings, files, plan } = outcome;
  const output = outputName(network.name, settings);
  const command = commandOf(settings, filesFor(network, settings.recover || needsData(network, settings.scorer)));
  const [copied, setCopied] = useState(false);
  const planFile = (): NamedFile => ({
    name: output.replace(/\.\w+$/, ".plan.json"),
    bytes: new TextEncoder().encode(JSON.stringify(plan)),
  });
  return (
    <div class="take">
      <div class="buttons">
        {files.map((file, i) => (
          <button key={file.name} type="button" onClick={() => save({ ...file, name: i ? file.name : output })}>
            Download {i ? file.name : "the network"}
          </button>
        ))}
        <button type="button" onClick={() => save(planFile())}>
          Download the plan
        </button>
      </div>
      <div class="command">
        <p id="command-label">The same in a shell</p>
        <code tabIndex={0} role="region" aria-labelledby="command-label">
          {command}
        </code>
        <button
          type="button"
          onClick={() => {
            void navigator.clipboard.writeText(command).then(() => setCopied(true));
          }}
        >
          {copied ? "Copied" : "Copy"}
        </button>
      </div>
    </div>
  );
}

const needsData = ({ scorers }: NetworkView, scorer: string): boolean =>
  scorers.some(({ name, needsData }) => name === scorer && needsData);

/** The files that a command reads: those of the repository for its own networks and images. */
function filesFor(network: NetworkView, calibrates: boolean): Parameters<typeof commandOf>[1] {
  const folder = "fixtures/fashion-mnist/";
  const own = network.name.startsWith("fashion_");
  if (!network.images.fit) return { model: network.name };
  return {
    model: own ? folder + network.name : network.name,
    calibration: calibrates ? { path: `${folder}train10k.npz`, count: SHIPPED.calibration.count } : undefined,
    evaluation: `${folder}test10k.npz`,
  };
}

function save({ name, bytes }: NamedFile): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>]));
  link.download = name;
  link.click();
  // The browser has taken hold of it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
