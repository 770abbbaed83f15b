// Gradient-boosted trees for a yes/no question: logistic loss, second-order gains, features in histograms
// (Friedman 2001; Chen and Guestrin 2016). Small, deterministic, without dependencies.

const BINS = 64;
const LAMBDA = 1;
const MIN_CHILD_WEIGHT = 5;

const sigmoid = (value) => 1 / (1 + Math.exp(-value));

/**
 * @typedef {{feature: number, threshold: number, left: number, right: number} | {value: number}} Node
 * @typedef {{base: number, trees: Node[][]}} Model base: log-odds before any tree; node 0 is the root
 *
 * @param {number[][]} rows 32-bit floats
 * @param {number[]} labels 0 or 1
 * @param {{trees: number, depth: number, learningRate: number}} options
 * @returns {Model}
 */
export const train = (rows, labels, { trees, depth, learningRate }) => {
  const edges = rows[0].map((_, feature) => quantileEdges(rows, feature));
  const binned = edges.map((list, feature) => Uint8Array.from(rows, (row) => binOf(list, row[feature])));
  const share = labels.reduce((sum, label) => sum + label, 0) / labels.length;
  const base = Math.fround(Math.log(share / (1 - share)));
  const scores = new Float64Array(rows.length).fill(base);
  const model = { base, trees: [] };
  for (let round = 0; round < trees; round += 1) {
    const gradient = new Float64Array(rows.length);
    const hessian = new Float64Array(rows.length);
    for (let row = 0; row < rows.length; row += 1) {
      const probability = sigmoid(scores[row]);
      gradient[row] = probability - labels[row];
      hessian[row] = probability * (1 - probability);
    }
    const tree = [];
    const all = Uint32Array.from(rows, (_, index) => index);
    grow({ tree, binned, edges, gradient, hessian, scores, learningRate }, all, depth);
    model.trees.push(tree);
  }
  return model;
};

/** Log-odds of the positive class become a probability. */
export const predict = (model, row) => {
  let sum = model.base;
  for (const tree of model.trees) {
    let node = tree[0];
    while (node.value === undefined) node = tree[row[node.feature] <= node.threshold ? node.left : node.right];
    sum += node.value;
  }
  return sigmoid(sum);
};

const quantileEdges = (rows, feature) => {
  const sorted = Float64Array.from(rows, (row) => row[feature]).sort();
  const edges = new Set();
  for (let bin = 1; bin < BINS; bin += 1) edges.add(Math.fround(sorted[Math.floor((bin * sorted.length) / BINS)]));
  edges.delete(sorted[sorted.length - 1]);
  return [...edges];
};

const binOf = (edges, value) => {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (value <= edges[middle]) high = middle;
    else low = middle + 1;
  }
  return low;
};

const grow = (context, rows, depth) => {
  const { tree, gradient, hessian, scores, learningRate } = context;
  const index = tree.push(undefined) - 1;
  let g = 0;
  let h = 0;
  for (const row of rows) {
    g += gradient[row];
    h += hessian[row];
  }
  const split = depth === 0 ? undefined : bestSplit(context, rows, g, h);
  if (split === undefined) {
    const value = Math.fround((-learningRate * g) / (h + LAMBDA));
    tree[index] = { value };
    for (const row of rows) scores[row] += value;
    return index;
  }
  const bins = context.binned[split.feature];
  const left = grow(
    context,
    rows.filter((row) => bins[row] <= split.bin),
    depth - 1,
  );
  const right = grow(
    context,
    rows.filter((row) => bins[row] > split.bin),
    depth - 1,
  );
  tree[index] = { feature: split.feature, threshold: context.edges[split.feature][split.bin], left, right };
  return index;
};

const bestSplit = ({ binned, edges, gradient, hessian }, rows, g, h) => {
  let best;
  let bestGain = 1e-6;
  const parent = (g * g) / (h + LAMBDA);
  for (const [feature, bins] of binned.entries()) {
    const sumG = new Float64Array(edges[feature].length + 1);
    const sumH = new Float64Array(edges[feature].length + 1);
    for (const row of rows) {
      sumG[bins[row]] += gradient[row];
      sumH[bins[row]] += hessian[row];
    }
    let leftG = 0;
    let leftH = 0;
    for (let bin = 0; bin < edges[feature].length; bin += 1) {
      leftG += sumG[bin];
      leftH += sumH[bin];
      if (leftH < MIN_CHILD_WEIGHT || h - leftH < MIN_CHILD_WEIGHT) continue;
      const gain = (leftG * leftG) / (leftH + LAMBDA) + ((g - leftG) * (g - leftG)) / (h - leftH + LAMBDA) - parent;
      if (gain > bestGain) {
        bestGain = gain;
        best = { feature, bin };
      }
    }
  }
  return best;
};
