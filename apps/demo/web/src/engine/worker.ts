import { expose } from "comlink";
import { createEngine } from "./engine.ts";

// Workers lie in the folder `assets`, beside the page.
expose(createEngine(new URL("..", import.meta.url).href));
