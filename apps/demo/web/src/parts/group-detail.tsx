import type { VNode } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import uPlot from "uplot";
import type { GroupMark } from "../colors.ts";
import type { GroupView, Importances, NetworkView } from "../engine/api.ts";
import type { PageState } from "../state.ts";
import { Chart } from "./chart.tsx";

interface Props {
  readonly page: PageState;
  readonly network: NetworkView;
  readonly colors: ReadonlyMap<string, GroupMark>;
  /** The group that is looked at; undefined shows the list. */
  readonly id: string | undefined;
  readonly onSelect: (group: string | undefined) => void;
}

/** The groups, and what is known of the one that was picked. */
export function GroupDetail({ page, network, colors, id, onSelect }: Props): VNode {
  const free = network.groups.filter(({ blocked }) => !blocked);
  const fixed = network.groups.filter(({ blocked }) => blocked);
  const group = network.groups.find((g) => g.id === id);
  return (
    <div class="groups">
      <p class="hint">
        Layers of one colour share their channels: what leaves one leaves all. {free.length}{" "}
        {free.length === 1 ? "group" : "groups"} can be cut; {fixed.length} cannot.
      </p>
      <ul class="group-list">
        {[...free, ...fixed].map((g) => (
          <GroupRow
            key={g.id}
            group={g}
            mark={colors.get(g.id)!}
            kept={page.estimate?.kept[g.id] ?? g.size}
            chosen={g.id === id}
            onSelect={() => onSelect(g.id === id ? undefined : g.id)}
          />
        ))}
      </ul>
      {group && <GroupPanel page={page} group={group} mark={colors.get(group.id)!} />}
    </div>
  );
}

interface RowProps {
  readonly group: GroupView;
  readonly mark: GroupMark;
  readonly kept: number;
  readonly chosen: boolean;
  readonly onSelect: () => void;
}

function GroupRow({ group: { id, kind, size, blocked }, mark, kept, chosen, onSelect }: RowProps): VNode {
  return (
    <li>
      <button type="button" class={`group-row ${mark.color}`} aria-pressed={chosen} onClick={onSelect}>
        <span class="swatch">{mark.tag || "–"}</span>
        <span class="group-name">{id}</span>
        <span class="group-size">{blocked ? `fixed at ${size}` : `${kept} of ${size} ${kind}`}</span>
      </button>
    </li>
  );
}

function GroupPanel({
  page,
  group,
  mark,
}: {
  readonly page: PageState;
  readonly group: GroupView;
  readonly mark: GroupMark;
}): VNode {
  // prettier-ignore
  const { blocked, layers, size, kind, id } = group;
  return (
    <section class="group-panel" aria-label={`Group ${mark.tag || id}`}>
      <h3>
        {mark.tag} {id}
      </h3>
      {blocked ? (
        <p class="hint">
          Cannot be cut: it {blocked.reason}
          {blocked.node === undefined ? "" : ` (${blocked.node})`}.
        </p>
      ) : (
        <ImportanceChart page={page} group={group} />
      )}
      <p class="hint">
        {size} {kind} of {layers.length === 1 ? "one layer" : `${layers.length} layers`}: {layers.join(", ")}.
      </p>
    </section>
  );
}

function ImportanceChart({ page, group }: { readonly page: PageState; readonly group: GroupView }): VNode | null {
  const { client, settings, estimate } = page;
  const [importances, setImportances] = useState<Importances>();
  useEffect(() => {
    if (!estimate || settings.type !== "neuron") return setImportances(undefined);
    let stale = false;
    client.importances(settings, group.id).then(
      (found) => stale || setImportances(found),
      () => stale || setImportances(undefined), // the estimate says why
    );
    return () => {
      stale = true;
    };
  }, [estimate, group.id]);
  const data = useMemo((): uPlot.AlignedData => {
    const { scores = [], kept = [] } = importances ?? {};
    const values = Array.from(scores);
    return [
      values.map((_, i) => i + 1),
      values.map((s, i) => (kept[i] ? null : s)),
      values.map((s, i) => (kept[i] ? s : null)),
    ];
  }, [importances]);
  if (!importances) return null;
  const left = importances.kept.reduce((n, x) => n + x, 0);
  return (
    <>
      <p class="chart-title">
        Importances, least first: <span class="key gone">leaves</span> <span class="key stays">stays</span>
      </p>
      <Chart
        label={`Importances of ${group.size} ${group.kind}, from ${importances.scores[0]?.toPrecision(3)} to ${importances.scores.at(-1)?.toPrecision(3)}; the ${group.size - left} least important leave.`}
        height={150}
        data={data}
        options={(color) => ({
          legend: { show: false },
          cursor: { show: false },
          scales: { x: { time: false, range: (_, min, max) => [min - 0.7, max + 0.7] }, y: { range: (_, min, max) => [Math.min(0, min), max || 1] } }, // prettier-ignore
          axes: [
            { ...axis(color), size: 28 },
            { ...axis(color), size: 52 },
          ],
          series: [{}, bars(color("--gone")), bars(color("--accent"))],
        })}
      />
    </>
  );
}

const axis = (color: (name: string) => string): uPlot.Axis => ({
  stroke: color("--muted"),
  grid: { stroke: color("--line"), width: 1 },
  ticks: { show: false },
  font: "11px system-ui, sans-serif",
});

const bars = (fill: string): uPlot.Series => ({
  fill,
  width: 0,
  points: { show: false },
  ...(uPlot.paths.bars ? { paths: uPlot.paths.bars({ size: [0.8, 24] }) } : {}),
});
