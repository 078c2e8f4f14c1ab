import type { VNode } from "preact";
import type { Estimate, NetworkView } from "../engine/api.ts";
import { bytes, compact, percent } from "../format.ts";
import { Change } from "./change.tsx";

interface Props {
  readonly network: NetworkView;
  readonly estimate: Estimate | undefined;
  readonly error: string | undefined;
}

/** What the settings come to, while they are being changed. */
export function EstimateStrip({ network, estimate, error }: Props): VNode {
  const before = network.cost;
  const after = estimate?.report.after ?? before;
  const zeros = estimate?.report.zeros;
  const nonzero = zeros ? after.params - zeros[1] : undefined;
  return (
    <section class="card" aria-labelledby="estimate">
      <h2 id="estimate">Estimate</h2>
      {error === undefined ? (
        <dl class="meters">
          <Meter label="Multiply-accumulates" before={before.macs} after={after.macs} show={compact} />
          <Meter label="Parameters" before={before.params} after={after.params} show={compact} />
          <Meter label="Bytes of weights" before={before.bytes} after={after.bytes} show={bytes} />
          {nonzero !== undefined && (
            <Meter label="Weights that are not zero" before={before.params} after={nonzero} show={compact} />
          )}
        </dl>
      ) : (
        <p class="bad">{error}</p>
      )}
      <p class="sr-only" role="status">
        {estimate
          ? `Leaves ${percent(after.macs / before.macs, 0)} of the multiply-accumulates and ${percent(after.params / before.params, 0)} of the parameters.`
          : ""}
      </p>
    </section>
  );
}

interface MeterProps {
  readonly label: string;
  readonly before: number;
  readonly after: number;
  readonly show: (value: number) => string;
}

function Meter({ label, before, after, show }: MeterProps): VNode {
  return (
    <div class="meter">
      <dt>{label}</dt>
      <dd>
        <strong>{show(after)}</strong> <span>of {show(before)}</span> <Change before={before} after={after} />
      </dd>
      <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
        <rect class="all" width="100" height="4" rx="2" />
        <rect class="kept" width={(100 * after) / (before || 1)} height="4" rx="2" />
      </svg>
    </div>
  );
}
