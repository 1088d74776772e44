const folders = new Map<string, string>();

/**
 * Remembers which folder the program of an engine runs in. An attached provider is not told, unlike a plugin that
 * the engine starts there itself; the language host, in the same process, is.
 */
export function rememberFolder(engine: string, folder: string): void {
  folders.set(engine, folder);
}

/** The folder of an engine's program; this process's own where no program has run (or another language host runs it). */
export function folderOf(engine: string | undefined): string {
  return (engine === undefined ? undefined : folders.get(engine)) ?? process.cwd();
}
