import { watch } from 'node:fs'

// #region renewing
/**
 * Does `renew` when the process gets SIGHUP, or with a folder when something in it changes. What fails is
 * logged, and all stays as it was: half a change comes right with its other half. Returns what ends that.
 */
export function renewing(renew: () => Promise<void>, folder?: string, log: (line: string) => void = console.error): () => void {
  let running: Promise<void> | undefined
  let again = false
  const run = async () => {
    do {
      again = false
      await renew().catch((error: Error) => log(`kept the old certificates and policy: ${error.message}`))
    } while (again)
    running = undefined
  }
  // One at a time; what changes meanwhile is read afterwards.
  const changed = () => {
    again = true
    running ??= run()
  }
  process.on('SIGHUP', changed)
  const watcher = folder === undefined ? undefined : watch(folder, changed).on('error', (error) => log(`watches no more: ${error.message}`))
  return () => {
    process.off('SIGHUP', changed)
    watcher?.close()
  }
}
// #endregion
