// What is used of the library, whose own declarations import files without endings, and so do not resolve in strict ESM.
declare module "@dagrejs/dagre" {
  export interface Point {
    readonly x: number;
    readonly y: number;
  }

  export class Graph {
    setGraph(label: object): this;
    setNode(name: string, label: { readonly width: number; readonly height: number }): this;
    setEdge(from: string, to: string, label: object): this;
    /** After layout: the middle of a node. */
    node(name: string): Point;
    /** After layout: what an edge goes through. */
    edge(from: string, to: string): { readonly points?: readonly Point[] };
    graph(): { readonly height?: number };
  }

  /** Sets where nodes and edges of a graph are. */
  export function layout(graph: Graph): unknown;
}
