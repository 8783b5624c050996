import type { Played } from './play.ts'

/** What nobody catches is what the order has broken, and not the end of this process. */
export async function watched(play: () => Promise<Played>): Promise<Played> {
  let thrown: { error: unknown } | undefined
  const hear = (error: unknown) => (thrown ??= { error })
  const events = ['unhandledRejection', 'uncaughtException'] as const
  const others = events.map((event) => process.rawListeners(event))
  for (const event of events) process.removeAllListeners(event).on(event, hear)
  try {
    const played = await play()
    if (!thrown) return played
    const { error } = thrown
    return { ...played, broken: { rule: 'every error has an owner', text: `nobody catches this: ${String(error)}` } }
  } finally {
    for (const [i, event] of events.entries()) {
      process.removeAllListeners(event)
      for (const other of others[i]!) process.on(event, other as () => void)
    }
  }
}
