import { rmSync, statSync, watch, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** Milliseconds that the system has to say that a file has changed, before we ask for it ourselves. */
const patience = 500
/** Milliseconds between two looks at a file. */
const pause = 300

/**
 * Calls back when a file is saved. Where the system does not tell of changes (a shared folder of a
 * virtual machine, a network drive) it looks at the file now and then. Returns how it does that, and
 * what ends it.
 */
export async function watchSaves(
  file: string,
  saved: () => void,
  look: typeof watch = watch,
): Promise<{ by: 'events' | 'polling'; stop: () => void }> {
  const folder = dirname(file)
  const probe = join(folder, `.${basename(file)}.probe`)
  let seen = stateOf(file)
  let heard = () => {}
  try {
    // The folder, for an editor may save by putting a new file in the place of the old one.
    const watcher = look(folder, (_, name) => {
      if (name === basename(probe)) heard()
      else if (name === null || name === basename(file)) saved()
    })
    const works = await new Promise<boolean>((resolve) => {
      heard = () => resolve(true)
      watcher.on('error', () => resolve(false))
      setTimeout(() => resolve(false), patience)
      writeFileSync(probe, '')
    })
    rmSync(probe, { force: true })
    if (works) return { by: 'events', stop: () => watcher.close() }
    watcher.close()
  } catch {
    // No way to watch it: the limit of watches is reached, say.
  }
  // Not watchFile: that takes its first look later, and a change before it is none.
  const timer = setInterval(() => {
    const now = stateOf(file)
    if (now !== seen) saved()
    seen = now
  }, pause)
  return { by: 'polling', stop: () => clearInterval(timer) }
}

function stateOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false })
  return found ? `${found.mtimeMs} ${found.size} ${found.ino}` : 'gone'
}
