import type { BenchClient, BenchConnection } from '@rpc-steps/course'
import { judge } from './calls.ts'
import type { Lane, Outcome } from './calls.ts'

/** Hears what came of a call, by its lane and its place there: as often as the client says so. */
export type Heard = (lane: number, call: number, outcome: Outcome, why?: string) => void

/**
 * Goes through the lanes with a client, all at once, or one after the other if it blocks, and resolves when
 * every call has been heard of.
 */
export async function goThrough(
  client: BenchClient,
  port: number,
  lanes: readonly Lane[],
  heard: Heard,
  inTurn = false,
): Promise<void> {
  const numbered = [...lanes.entries()]
  if (!inTurn) return together(client, port, numbered, heard)
  for (const one of numbered) await together(client, port, [one], heard)
}

type Open = [number: number, lane: Lane, connection: BenchConnection]

async function together(client: BenchClient, port: number, lanes: [number, Lane][], heard: Heard): Promise<void> {
  const open: Open[] = []
  for (const [number, lane] of lanes) {
    try {
      open.push([number, lane, await client.connect(port)])
    } catch (error) {
      for (const [i, call] of lane.calls.entries()) tell(heard, number, i, judge(call, error as Error, undefined))
    }
  }
  if (open.length === 0) return
  const drive = client.drive ?? ((start) => start(() => {}))
  await new Promise<void>((resolve) => {
    drive((finished) => {
      let left = open.length
      for (const one of open) {
        pump(one, heard, () => {
          if (--left > 0) return
          finished()
          resolve()
        })
      }
    })
  })
}

/** Makes the calls of a lane, so many in flight, and leaves. */
function pump([number, { calls, atOnce }, connection]: Open, heard: Heard, done: () => void): void {
  let [made, settled] = [0, 0]
  const next = () => {
    const i = made++
    const call = calls[i]
    if (!call) return
    let first = true
    connection.call(call, (error, answer) => {
      tell(heard, number, i, judge(call, error, answer))
      if (!first) return
      first = false
      next()
      if (++settled < calls.length) return
      connection.close()
      done()
    })
  }
  for (let i = 0; i < atOnce; i++) next()
}

function tell(heard: Heard, lane: number, call: number, { outcome, why }: ReturnType<typeof judge>): void {
  heard(lane, call, outcome, why)
}
