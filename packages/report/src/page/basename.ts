/** The last piece of a path, of any system. */
export const basename = (path: string): string => path.split(/[/\\]/).findLast(Boolean) ?? path;
