import type { Ort, OrtSession, OrtSteps, OrtTensor } from "./ort.ts";

/**
 * Keeps values between runs in two sets of tensors: a run reads one and writes its outputs into the other, and then
 * they change places. src/node/worker.mjs does the same in its thread.
 */
export function stepsOver(
  ort: Ort,
  session: OrtSession,
  initial: Readonly<Record<string, OrtTensor>>,
  next: Readonly<Record<string, string>>,
): OrtSteps {
  const current = new Map(Object.entries(initial).map(([name, tensor]) => [name, copyOf(ort, tensor)]));
  const spare = new Map(Object.keys(next).map((name) => [name, copyOf(ort, initial[name]!)]));
  return {
    async run(feeds, fetches) {
      const into: Record<string, OrtTensor | null> = Object.fromEntries(fetches.map((name) => [name, null]));
      for (const [name, output] of Object.entries(next)) into[output] = spare.get(name)!;
      const given = { ...feeds, ...Object.fromEntries(current) };
      const results = await session.run(
        given as Readonly<Record<string, never>>,
        into as Readonly<Record<string, never>>,
      );
      for (const name of Object.keys(next)) {
        const written = spare.get(name)!;
        spare.set(name, current.get(name)!);
        current.set(name, written);
      }
      return results;
    },
    state: () => Promise.resolve(Object.fromEntries([...current].map(([name, tensor]) => [name, copyOf(ort, tensor)]))),
  };
}

function copyOf(ort: Ort, { type, data, dims }: OrtTensor): OrtTensor {
  return new ort.Tensor(type as never, (data as Float32Array).slice() as never, dims);
}
