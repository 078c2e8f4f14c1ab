import type { VNode } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { BusyNote } from "./parts/busy-note.tsx";
import { EstimateStrip } from "./parts/estimate-strip.tsx";
import { GroupDetail } from "./parts/group-detail.tsx";
import { LayerTable } from "./parts/layer-table.tsx";
import { NetworkGraph } from "./parts/network-graph.tsx";
import { NetworkPicker } from "./parts/network-picker.tsx";
import { ResultView } from "./parts/result-view.tsx";
import { SettingsForm } from "./parts/settings-form.tsx";
import { colorsOf } from "./colors.ts";
import { usePage } from "./state.ts";

export function App(): VNode {
  const page = usePage();
  const { network, estimate, estimateError, busy, estimating, outcomes } = page;
  const [group, setGroup] = useState<string>();
  const colors = useMemo(() => colorsOf(network), [network]);
  useEffect(() => page.openShipped("fashion_resnet.onnx"), []);
  useEffect(() => setGroup(undefined), [network]);
  const waits = busy !== undefined;
  const report = estimate?.report ?? network?.report;
  // Drawn anew when it changes, not with every step of progress.
  const graph = useMemo(
    () =>
      network &&
      report && (
        <NetworkGraph drawing={network.drawing} report={report} colors={colors} selected={group} onSelect={setGroup} />
      ),
    [network, report, colors, group],
  );

  return (
    <>
      <header class="top">
        <h1>
          <span class="mark" aria-hidden="true" />
          prune
        </h1>
        <p>Make a trained network smaller, here in the page. Nothing that you open leaves it.</p>
      </header>
      <main>
        <div class="controls">
          <NetworkPicker page={page} disabled={waits} />
          {network && <SettingsForm page={page} network={network} disabled={waits} />}
        </div>
        <div class="work">
          {network && report && (
            <>
              <EstimateStrip network={network} estimate={estimate} error={estimateError} />
              {outcomes.length > 0 && <ResultView page={page} network={network} />}
              <section class="card" aria-labelledby="structure">
                <h2 id="structure">What can be pruned</h2>
                <div class="structure">
                  {graph}
                  <GroupDetail page={page} network={network} colors={colors} id={group} onSelect={setGroup} />
                </div>
                <LayerTable report={report} />
              </section>
            </>
          )}
        </div>
      </main>
      <BusyNote progress={busy ?? estimating} onStop={busy?.what === "pruning" ? page.stop : undefined} />
      <footer>
        <p>
          Networks run on ONNX Runtime and TensorFlow.js, as WebAssembly, in a worker. The images are of{" "}
          <a href="https://github.com/zalandoresearch/fashion-mnist">Fashion-MNIST</a> (Zalando, MIT).
        </p>
      </footer>
    </>
  );
}
