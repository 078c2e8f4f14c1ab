export { bullmqQueue, type BullmqOptions } from "./bullmq-queue.ts";
