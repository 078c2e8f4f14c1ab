export { canonical } from "./canonical.ts";
export type { Attempt, Engine, EngineOptions, Failure, JobChange, JobEnd } from "./engine.ts";
export { expandGrid, type Grid, type Settings, varying } from "./expand-grid.ts";
export { type Job, jobId, type JobIdentity } from "./job.ts";
export { paretoFront, type Point } from "./pareto-front.ts";
export { createPool, type Pool, poolEngine, type Runner } from "./pool.ts";
export type { JobQueue, WorkOptions } from "./queue.ts";
export { runSweep, type SweepOptions } from "./run-sweep.ts";
