/** What is tidied up when the process exits, if it does so before its work is done. */

const cleanups = new Set<() => void>();
let installed = false;

/**
 * Runs `clean`, which cannot wait for anything, when the process exits, however it does so short of being killed; what was said last is done first. Say it
 * before what is to be tidied up is there, and call what it returns, to forget it, only once that is gone: a process may exit at any moment between.
 */
export function atExit(clean: () => void): () => void {
  if (!installed) process.on("exit", cleanAll);
  installed = true;
  cleanups.add(clean);
  return () => void cleanups.delete(clean);
}

function cleanAll(): void {
  for (const clean of [...cleanups].reverse()) {
    try {
      clean();
    } catch {
      // nobody is left to be told
    }
  }
}
