// For `node --import`: a clock on which a second is a quarter of an hour.
const now = performance.now.bind(performance);
performance.now = () => 900 * now();
