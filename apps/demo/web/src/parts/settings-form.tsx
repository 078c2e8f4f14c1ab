import type { VNode } from "preact";
import type { NetworkView } from "../engine/api.ts";
import { usableScorers } from "../scorers.ts";
import { IMAGE_COUNTS, type Measure, MEASURES, type PruningType, SCORERS, TYPES } from "../settings.ts";
import type { PageState } from "../state.ts";
import { Problem } from "./problem.tsx";

interface Props {
  readonly page: PageState;
  readonly network: NetworkView;
  readonly disabled: boolean;
}

const MEASURE_NAMES: Readonly<Record<Measure, string>> = {
  macs: "MACs",
  params: "Parameters",
  bytes: "Bytes",
  sparsity: "Sparsity",
  percentile: "Percentile",
};

/** What leaves, by whose judgement, and how much. */
export function SettingsForm({ page, network, disabled }: Props): VNode {
  const { settings, change, prune, estimate, error } = page;
  const { type, scorer, measure, amount, recover, images } = settings;
  const text = TYPES[type];
  const scorers = usableScorers(network, type);
  return (
    <form
      class="card"
      aria-labelledby="settings"
      onSubmit={(event) => {
        event.preventDefault();
        prune();
      }}
    >
      <h2 id="settings">2. What leaves</h2>
      <fieldset class="plain" disabled={disabled}>
        <fieldset class="choices">
          <legend>Type of pruning</legend>
          {(Object.keys(TYPES) as PruningType[]).map((name) => (
            <label key={name}>
              <input type="radio" name="type" checked={type === name} onChange={() => change({ type: name })} />
              <span>{TYPES[name].title}</span>
            </label>
          ))}
        </fieldset>
        <p class="hint">{text.says}</p>
        {type !== "weight" && (
          <label class="field">
            Judged by
            <select value={scorer} onChange={({ currentTarget }) => change({ scorer: currentTarget.value })}>
              {scorers.map((name) => (
                <option key={name} value={name}>
                  {SCORERS[name]}
                </option>
              ))}
            </select>
          </label>
        )}
        {text.measures.length > 1 && (
          <fieldset class="choices">
            <legend>Target</legend>
            {text.measures.map((name) => (
              <label key={name}>
                <input
                  type="radio"
                  name="measure"
                  checked={measure === name}
                  onChange={() => change({ measure: name })}
                />
                <span>{MEASURE_NAMES[name]}</span>
              </label>
            ))}
          </fieldset>
        )}
        <label class="field slider">
          <span>
            {MEASURES[measure].label} <output>{amount}%</output>
          </span>
          <input
            type="range"
            min={MEASURES[measure].keeps ? 5 : 1}
            max={MEASURES[measure].keeps ? 99 : 95}
            step={1}
            value={amount}
            aria-valuetext={`${amount} percent`}
            onInput={({ currentTarget }) => change({ amount: Number(currentTarget.value) })}
          />
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={recover && network.images.fit}
            disabled={!network.images.fit}
            onChange={({ currentTarget }) => change({ recover: currentTarget.checked })}
          />
          <span>Recover accuracy with 500 images, without their labels</span>
        </label>
        {network.images.fit && (
          <label class="field row">
            Test images to measure on
            <select value={images} onChange={({ currentTarget }) => change({ images: Number(currentTarget.value) })}>
              {IMAGE_COUNTS.map((count) => (
                <option key={count} value={count}>
                  {count.toLocaleString("en")}
                </option>
              ))}
            </select>
          </label>
        )}
        <button type="submit" class="primary" disabled={!estimate}>
          Prune
        </button>
        <Problem text={error?.what === "pruning" ? error.text : undefined} />
      </fieldset>
    </form>
  );
}
