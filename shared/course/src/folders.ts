import { readdirSync } from 'node:fs'

/** The folders of the steps, in their order. `home` is the folder in which each has its own. */
export function stepFolders(home: string | URL): string[] {
  return readdirSync(home).filter((name) => /^\d\d-/.test(name)).sort()
}
