/** Circles in a graph: sets of nodes of which each leads to every other one. */

export type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** Strongly connected components of more than one node (Tarjan, 1972), sorted. */
export function circles(graph: Graph): readonly (readonly string[])[] {
  const order = new Map<string, number>();
  const path: string[] = [];
  const found: string[][] = [];
  const visit = (node: string): number => {
    const own = order.size;
    order.set(node, own);
    path.push(node);
    let low = own;
    for (const next of graph.get(node) ?? []) {
      if (!order.has(next)) low = Math.min(low, visit(next));
      else if (path.includes(next)) low = Math.min(low, order.get(next) ?? own);
    }
    if (low === own) {
      const circle = path.splice(path.indexOf(node));
      if (circle.length > 1) found.push(circle.toSorted());
    }
    return low;
  };
  for (const node of graph.keys()) if (!order.has(node)) visit(node);
  return found.toSorted();
}

/** A graph of the edges, without those that lead from a node to itself. */
export function graphOf(edges: readonly (readonly [from: string, to: string])[]): Graph {
  const graph = new Map<string, Set<string>>();
  for (const [from, to] of edges) {
    const targets = graph.get(from) ?? new Set();
    graph.set(from, targets);
    if (from !== to) targets.add(to);
  }
  return graph;
}
