// For `node --import`: a clock on which a second is an hour.
const now = performance.now.bind(performance);
performance.now = () => 3600 * now();
