// The runs of a cell as one row of figures.

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Of a sample; 0 for a single value. */
function deviation(values) {
  if (values.length < 2) return 0;
  const middle = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

const MEANS = ['needed', 'received', 'useful', 'duplicate', 'overhead', 'summaryBytes'];

/**
 * Means over the results of runScenario; `worst` and `sd` are those of the overhead, `worstReceived` goes with it,
 * `totalWorst` is that of the total overhead. Speed-ups are those of the mean: senders ÷ (1 + overhead), and with the
 * total overhead in its place.
 */
export function summarize(results, senders) {
  const column = (name) => results.map((result) => result[name]);
  const means = Object.fromEntries(MEANS.map((name) => [name, mean(column(name))]));
  const totalOverhead = mean(column('totalOverhead'));
  return {
    ...means,
    totalOverhead,
    speedup: senders / (1 + means.overhead),
    speedupTotal: senders / (1 + totalOverhead),
    worst: Math.max(...column('overhead')),
    sd: deviation(column('overhead')),
    worstReceived: Math.max(...column('received')),
    totalWorst: Math.max(...column('totalOverhead')),
  };
}

/** The values by what `key` says of them, in the order of their first. */
export function groupBy(values, key) {
  const groups = new Map();
  for (const value of values) {
    const name = key(value);
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(value);
  }
  return [...groups.values()];
}
