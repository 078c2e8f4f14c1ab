import { realpathSync } from "node:fs";
import { access, constants } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errorPageFormat, errorReportFormat, errorSamePath } from "../errors.ts";
import { errorWrite } from "../lib/stage-files.ts";

/** Paths by what they are for; those without a path are left out of every check. */
export type Paths = Readonly<Record<string, string | undefined>>;

/**
 * Refuses outputs that would take the place of an input or of each other, and folders that cannot be written to,
 * before any work is done. @throws {PruneError} `io-failed`
 */
export async function checkOutputs(inputs: Paths, outputs: Paths): Promise<void> {
  const seen = new Map<string, string>();
  for (const [what, path] of [...Object.entries(inputs), ...Object.entries(outputs)]) {
    if (path === undefined) continue;
    const file = resolved(path);
    const other = seen.get(file);
    if (other !== undefined) throw errorSamePath(other, what, path);
    seen.set(file, what);
  }
  for (const path of Object.values(outputs)) {
    if (path === undefined) continue;
    await access(dirname(path), constants.W_OK).catch((error: unknown) => {
      throw errorWrite(path, error);
    });
  }
}

/** Refuses a report in a format that there is not. */
export function checkReportFormat(path: string | undefined): void {
  if (path !== undefined && !/\.(json|html?)$/i.test(path)) throw errorReportFormat(path);
}

/** Refuses a page that is not called one. */
export function checkPage(path: string): void {
  if (!/\.html?$/i.test(path)) throw errorPageFormat(path);
}

function resolved(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    try {
      return join(realpathSync(dirname(path)), basename(path));
    } catch {
      return path;
    }
  }
}
