import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { type Client, createClient, EngineError } from "./client.ts";
import type { Estimate, NamedFile, NetworkView, OnProgress, Outcome } from "./engine/api.ts";
import { latestOnly } from "./latest.ts";
import { usableScorers } from "./scorers.ts";
import { changed, DEFAULTS, type Settings } from "./settings.ts";

/** An answer that takes longer is announced. */
const SLOW_MS = 300;

/** What the worker is at; `fraction` where it is known how far. */
export interface Progress {
  readonly text: string;
  readonly fraction?: number | undefined;
}

/** What the page waits for. */
type Work = "opening" | "pruning";

/** Something that could not be done. */
interface Problem {
  readonly what: Work;
  readonly text: string;
}

/** Everything the page shows, and what can be done in it. */
export interface PageState {
  readonly client: Client;
  readonly network: NetworkView | undefined;
  /** The name of the network that is being opened, where it is known. */
  readonly opening: string | undefined;
  readonly settings: Settings;
  readonly estimate: Estimate | undefined;
  /** Why these settings cannot be carried out. */
  readonly estimateError: string | undefined;
  readonly outcomes: readonly Outcome[];
  /** What everything waits for. */
  readonly busy: (Progress & { readonly what: Work }) | undefined;
  /** What the estimate waits for, when that is long. */
  readonly estimating: Progress | undefined;
  /** What went wrong last, and with what. */
  readonly error: Problem | undefined;
  readonly openShipped: (name: string) => void;
  readonly openFiles: (files: readonly NamedFile[]) => void;
  readonly change: (change: Partial<Settings>) => void;
  readonly prune: () => void;
  /** Gives up pruning. */
  readonly stop: () => void;
}

export function usePage(): PageState {
  const client = useMemo(createClient, []);
  const [network, setNetwork] = useState<NetworkView>();
  const [opening, setOpening] = useState<string>();
  const [settings, setSettings] = useState<Settings>(DEFAULTS);
  const [estimate, setEstimate] = useState<Estimate>();
  const [outcomes, setOutcomes] = useState<readonly Outcome[]>([]);
  const [busy, setBusy] = useState<PageState["busy"]>();
  const [estimating, setEstimating] = useState<Progress>();
  const [error, setError] = useState<Problem>();
  const [estimateError, setEstimateError] = useState<string>();
  const latest = useRef(latestOnly()).current;
  /** Opens the network that is open once more, in a new worker. */
  const source = useRef<(onProgress: OnProgress) => Promise<NetworkView>>(undefined);

  /** Does what keeps the whole page waiting. */
  const during = async (what: Work, work: (onProgress: OnProgress) => Promise<void>): Promise<void> => {
    const onProgress: OnProgress = (text, fraction) => setBusy({ what, text, fraction });
    setError(undefined);
    onProgress("Starting");
    try {
      await work(onProgress);
    } catch (cause) {
      if (isStopped(cause)) await source.current?.(onProgress);
      else setError({ what, text: messageOf(cause) });
    } finally {
      setBusy(undefined);
    }
  };
  const open = async (
    name: string | undefined,
    work: (onProgress: OnProgress) => Promise<NetworkView>,
  ): Promise<void> => {
    if (estimating) client.stop(); // what it works out is not wanted any more
    setOpening(name);
    await during("opening", async (onProgress) => {
      const view = await work(onProgress);
      source.current = work;
      setOutcomes([]);
      setEstimate(undefined);
      setNetwork(view);
      setSettings((now) => changed(now, {}, usableScorers(view, now.type)));
    });
    setOpening(undefined);
  };

  useEffect(() => {
    if (!network) return;
    latest(async () => {
      const slow = setTimeout(() => setEstimating({ text: "Working out what leaves" }), SLOW_MS);
      try {
        setEstimate(await client.estimate(settings, (text, fraction) => setEstimating({ text, fraction })));
        setEstimateError(undefined);
      } catch (cause) {
        if (!isStopped(cause)) setEstimateError(messageOf(cause));
      } finally {
        clearTimeout(slow);
        setEstimating(undefined);
      }
    });
  }, [network, settings]);

  return {
    client,
    network,
    opening,
    settings,
    estimate: estimateError === undefined ? estimate : undefined,
    estimateError,
    outcomes,
    busy,
    estimating,
    error,
    openShipped: (name) => void open(name, (onProgress) => client.openShipped(name, onProgress)),
    openFiles: (files) => void open(undefined, (onProgress) => client.openFiles(files, onProgress)),
    change: (change) =>
      setSettings((now) => changed(now, change, network ? usableScorers(network, change.type ?? now.type) : [])),
    prune: () =>
      void during("pruning", async (onProgress) => {
        const outcome = await client.prune(settings, onProgress);
        setOutcomes((before) => [...before, outcome]);
      }),
    stop: client.stop,
  };
}

const isStopped = (cause: unknown): boolean => cause instanceof EngineError && cause.code === "stopped";

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
