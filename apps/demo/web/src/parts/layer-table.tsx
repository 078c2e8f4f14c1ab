import type { Report } from "@prune/core";
import type { VNode } from "preact";
import { compact } from "../format.ts";

/** The layers in words and figures, for reading rather than looking. */
export function LayerTable({ report }: { readonly report: Report }): VNode {
  const both = ([before, after]: readonly [number, number], show: (value: number) => string): string =>
    before === after ? show(before) : `${show(before)} → ${show(after)}`;
  return (
    <details>
      <summary>All layers as a table</summary>
      <div class="scroll" tabIndex={0} role="region" aria-label="Table of layers">
        <table>
          <thead>
            <tr>
              <th scope="col">Layer</th>
              <th scope="col">Operator</th>
              <th scope="col" class="number">
                Outputs
              </th>
              <th scope="col" class="number">
                MACs
              </th>
              <th scope="col" class="number">
                Weights
              </th>
              <th scope="col">Blocked because it</th>
            </tr>
          </thead>
          <tbody>
            {report.layers.map(({ name, opType, channels, macs, params, blocked }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{opType}</td>
                <td class="number">{both(channels, String)}</td>
                <td class="number">{both(macs, compact)}</td>
                <td class="number">{both(params, compact)}</td>
                <td>{blocked}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
