import { html, type Markup } from "../page/markup.ts";
import type { Section } from "../page/section.ts";
import { table } from "../page/table.ts";
import type { FullReport } from "../types.ts";

/** What the layer pruner says of a block. */
interface Block {
  readonly block: string;
  readonly scores: Readonly<Record<string, number | undefined>>;
  readonly left?: { readonly order: number; readonly score: number };
}

/** The ranking of blocks that can be taken out whole; undefined where there is none. */
export function blocks({ notes }: FullReport): Section | undefined {
  const { rank, blocks: all } = notes ?? {};
  if (typeof rank !== "string" || !Array.isArray(all) || !all.length) return undefined;
  const ranked = (all as Block[]).toSorted((a, b) => (a.scores[rank] ?? 0) - (b.scores[rank] ?? 0));
  const most = Math.max(...ranked.map(({ scores }) => scores[rank] ?? 0)) || 1;
  const bar = (score: number, left: boolean): Markup =>
    html`<span class="figures">${score.toPrecision(3)}</span
      ><span class="two one" aria-hidden="true"
        ><i class="${left ? "gone" : "is"}" style="width:${Math.max(0.5, Math.round((1000 * score) / most) / 10)}%"></i
      ></span>`;
  const rows = ranked.map(({ block, scores, left }) => [
    block,
    bar(scores[rank] ?? 0, left !== undefined),
    left ? `removed, as number ${left.order}` : "kept",
  ]);
  const body = html`<p>
      Blocks by what they score in the whole network (${rank}), the least important first. After each that leaves, those
      that are left are judged anew.
    </p>
    ${table("Blocks by importance", ["Block", "Importance", "What became of it"], rows)}`;
  return { id: "blocks", title: "Blocks", body };
}
