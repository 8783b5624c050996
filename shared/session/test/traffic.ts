import { DisconnectedError, RpcError } from '@rpc-steps/wire'
import type { Json } from '@rpc-steps/wire'
import { mulberry32 } from '@rpc-steps/sockets/random'
import { echo, End, settle } from './pair.ts'

/**
 * Random traffic both ways between two ends, over a network with little room, in a random order of
 * bytes, handlers, callers who give up, and time. Then everything moves until nothing can. Throws an
 * Error that says what was wrong; the same seed does the same again.
 *
 * What must be so, whatever the order: each call has one outcome, and the right one; nobody waits for
 * ever; nothing is left behind.
 */
export function traffic(seed: number): void {
  const random = mulberry32(seed)
  const upTo = (n: number) => Math.floor(random() * (n + 1))
  const one = <T>(list: readonly T[]): T => list[upTo(list.length - 1)]!
  // What one end may have unanswered the other one parks. With less it would have to refuse, which is
  // another test.
  const [window, windowSize] = [one([1, 5, 30, 1024]), one([500, 20_000, 1_000_000])]
  const options = () => ({
    highWater: one([0, 200, 4_000, 64_000]),
    hardCap: 50_000_000,
    window,
    parked: window,
    windowSize,
    parkedSize: windowSize,
  })
  const sizes = one([[0, 10], [0, 600], [10, 10_000], [0, 200_000]])
  const room = one([500, 5_000, 300_000])
  const ends: [End, End] = [new End(options()), new End(options())]
  const fail = (what: string) => new Error(`traffic with seed ${seed}: ${what}`)

  let unsaid = Math.min(one([20, 100, 400]), Math.ceil(2_000_000 / sizes[1]!))
  let closing = random() < 0.3
  for (let i = 0; i < 20_000 && (unsaid > 0 || i < 200); i++) {
    const [end, other] = random() < 0.5 ? ends : [ends[1], ends[0]]
    const what = random()
    try {
      if (what < 0.2 && unsaid > 0) {
        unsaid--
        const text = 'x'.repeat(sizes[0]! + upTo(sizes[1]! - sizes[0]!))
        if (random() < 0.1) end.session.notify('note', [text])
        else end.call('echo', [unsaid, text])
      } else if (what < 0.25 && end.made.length > 0) {
        end.giveUp(one(end.made))
      } else if (what < 0.5) end.send(other, room)
      else if (what < 0.75) end.receive(1 + upTo(one([30, 3_000, 70_000])))
      else if (what < 0.9 && end.running.length > 0) {
        const [running] = end.running.splice(upTo(end.running.length - 1), 1)
        echo(running!.request, running!.respond)
      } else if (what > 0.999 && closing) {
        closing = false
        end.session.close()
      }
    } catch (error) {
      // After a close that is the answer to a new call, and right.
      if (!(error instanceof DisconnectedError) || error.sent) throw error
    }
    for (const end of ends) end.close()
  }
  settle(ends, room)

  for (const end of ends) {
    for (const { call, params, outcomes, givenUp } of end.made) {
      if (givenUp && outcomes.length === 0) continue
      if (outcomes.length !== 1) throw fail(`call ${call.id} has ${outcomes.length} outcomes`)
      const [{ error, result }] = outcomes as [{ error: Error | null; result: Json | undefined }]
      if (error === null && JSON.stringify(result) !== JSON.stringify(params)) throw fail(`call ${call.id}: a wrong result`)
      const closed = error instanceof DisconnectedError || (error instanceof RpcError && error.code === -32014)
      if (error !== null && !closed) throw fail(`call ${call.id}: ${error.message}`)
      if (closed && closing) throw fail(`call ${call.id}: ${error.message}, and nobody has closed`)
    }
    const { pending, waiting, unanswered, requests, parked, held } = end.session.stats
    const left = { pending, waiting, unanswered: end.over ? 0 : unanswered, requests: end.over ? 0 : requests, parked, held: end.over ? 0 : held }
    for (const [name, count] of Object.entries(left)) if (count !== 0) throw fail(`${count} ${name} are left`)
    if (end.log.length > 0) throw fail(end.log.join('; '))
  }
}
