import { multiply, runtimeGemm, type Gemm, type ScoreContext } from "@prune/core";

/** Lends the runtime's products to some work, where there is a runtime. */
export async function withGemm<T>({ runtime }: ScoreContext, work: (gemm: Gemm) => Promise<T>): Promise<T> {
  if (!runtime) return work(multiply);
  const { gemm, release } = runtimeGemm(runtime);
  try {
    return await work(gemm);
  } finally {
    await release();
  }
}
