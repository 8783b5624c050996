/**
 * What the site remembers of its reader, in this browser and nowhere else. Where the browser does
 * not keep anything (a private window, a full disk), it is forgotten with the page.
 */
const prefix = 'rpc-steps:'

/** What was kept under a name; `otherwise` when there is nothing, or nothing that can be read. */
export function recall<T>(name: string, otherwise: T): T {
  try {
    const text = localStorage.getItem(prefix + name)
    return text === null ? otherwise : (JSON.parse(text) as T)
  } catch {
    return otherwise
  }
}

/** Keeps a value under a name. */
export function keep(name: string, value: unknown): void {
  try {
    localStorage.setItem(prefix + name, JSON.stringify(value))
  } catch {
    // Nothing that the reader does depends on it.
  }
}

/** Removes everything that was kept, whatever its name. */
export function forget(): void {
  try {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(prefix)) localStorage.removeItem(key)
    }
  } catch {
    // Nothing was kept.
  }
}
