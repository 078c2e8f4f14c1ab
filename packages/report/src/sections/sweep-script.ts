import type { Script } from "../page/page.ts";

/**
 * Sorts and filters the jobs of a sweep. Without it the page shows all of them in the order of the grid. What it finds:
 * a table whose rows have `data-row` and, for filters, `data-f0`, `data-f1`, …; cells with `data-v` to sort by; points of
 * pictures with the `data-row` of their job.
 */
const TEXT = `"use strict";
(() => {
  const table = document.querySelector(".jobs table");
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const filters = document.querySelector(".filters");
  const controls = [...filters.querySelectorAll("[data-f]")];
  const shown = filters.querySelector("output");
  const passes = (row, { value, type, checked, dataset: { f } }) =>
    type === "checkbox" ? !checked || row.dataset[f] === value : value === "" || row.dataset[f] === value;
  const filter = () => {
    let count = 0;
    for (const row of rows) {
      row.hidden = !controls.every((control) => passes(row, control));
      if (!row.hidden) count++;
      for (const point of document.querySelectorAll('svg [data-row="' + row.dataset.row + '"]')) point.style.display = row.hidden ? "none" : "";
    }
    shown.textContent = count + " of " + rows.length + " shown";
  };
  for (const control of controls) control.addEventListener("change", filter);
  const heads = [...table.tHead.rows[0].cells];
  const keyOf = (row, column) => {
    const { v } = row.cells[column].dataset;
    return v === "" || v === undefined ? undefined : isNaN(v) ? v : Number(v);
  };
  const sort = (column) => {
    const head = heads[column];
    const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    for (const other of heads) other.setAttribute("aria-sort", "none");
    head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
    const order = (a, b) => {
      const [x, y] = [keyOf(a, column), keyOf(b, column)];
      if (x === undefined || y === undefined) return (x === undefined) - (y === undefined);
      return sign * (typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y)));
    };
    body.append(...rows.sort((a, b) => order(a, b) || a.dataset.row - b.dataset.row));
  };
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(column));
    head.append(button);
    head.setAttribute("aria-sort", "none");
  });
  filters.hidden = false;
  filter();
})();
`;

export const SWEEP_SCRIPT: Script = { text: TEXT, hash: "sha256-Sdki9w/qVxgb/bqV2ciAroM+EkIZJe//pXHXP/vs5Ng=" };
