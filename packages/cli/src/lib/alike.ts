/** Names that somebody may have meant by another one: but for case and dashes, a letter in three differs, two at most. */
export function alike(word: string, names: readonly string[]): string[] {
  const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  const most = Math.min(2, Math.floor(word.length / 3));
  return names.filter((name) => distance(plain(name), plain(word)) <= most);
}

/** Letters to insert, delete or replace: Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++)
      next.push(Math.min(row[j + 1]! + 1, next[j]! + 1, row[j]! + (a[i] === b[j] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
