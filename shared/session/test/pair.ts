import type { Json, Request, Respond } from '@rpc-steps/wire'
import { Session } from '../src/index.ts'
import type { Outgoing, SessionOptions } from '../src/index.ts'

/** A request whose handler has not answered. */
export interface Running {
  request: Request
  respond: Respond
}

/** What became of a call. */
export interface Made {
  call: Outgoing
  params: Json
  outcomes: { error: Error | null; result: Json | undefined }[]
  givenUp: boolean
}

/** One end: a session, the bytes on their way to it, and what its handlers and callers see. */
export class End {
  readonly session: Session
  readonly running: Running[] = []
  readonly made: Made[] = []
  readonly heard: string[] = []
  readonly log: string[] = []
  /** Bytes that the network has taken and not delivered: the buffers of the kernel. */
  #inbound: Buffer[] = []
  inboundSize = 0
  inboundEnds = false
  #rest: Buffer | undefined
  ended = 0
  drained = 0
  /** How often it was told that there is room again. */
  rooms = 0
  over = false

  constructor(options: SessionOptions = {}, answers?: (request: Request, respond: Respond) => void) {
    this.session = new Session(
      {
        request: (request, respond) => {
          if (request.id === undefined) this.heard.push(request.method)
          if (answers) answers(request, respond)
          else if (request.id === undefined) respond(null)
          else this.running.push({ request, respond })
        },
        wake() {},
        drain: () => this.drained++,
        room: () => this.rooms++,
        ended: () => this.ended++,
      },
      { log: (line) => this.log.push(line), ...options },
    )
  }

  call(method: string, params: Json[]): Made {
    const outcomes: Made['outcomes'] = []
    const call = this.session.call(method, params, (error, result) => outcomes.push({ error, result }))
    const made = { call, params, outcomes, givenUp: false }
    this.made.push(made)
    return made
  }

  giveUp(made: Made): boolean {
    made.givenUp = true
    return this.session.giveUp(made.call)
  }

  /** Hands bytes to the network, as many as it has room for. Returns true if something has moved. */
  send(to: End, room: number): boolean {
    if (this.over) return false
    const bytes = this.#rest ?? this.session.next()
    if (bytes !== undefined) {
      const count = Math.max(0, Math.min(bytes.length, room - to.inboundSize))
      this.#rest = count < bytes.length ? bytes.subarray(count) : undefined
      if (count === 0) return false
      // Not copied: what was handed out once is never written again.
      to.#inbound.push(bytes.subarray(0, count))
      to.inboundSize += count
      this.session.took(count)
      return true
    }
    if (!this.session.takeEnd()) return false
    to.inboundEnds = true
    return true
  }

  /** Takes bytes from the network, if the session wants any. Returns true if something has moved. */
  receive(count: number): boolean {
    if (this.over || !this.session.reads) return false
    const [first] = this.#inbound
    if (first) {
      const lent = Buffer.from(first.subarray(0, count))
      if (count < first.length) this.#inbound[0] = first.subarray(count)
      else this.#inbound.shift()
      this.inboundSize -= lent.length
      this.session.received(lent)
      lent.fill('!') // its memory is used again
      return true
    }
    if (!this.inboundEnds) return false
    this.inboundEnds = false
    this.session.ended()
    return true
  }

  /** Notices that it is over, as a driver would. Returns true if it has just become so. */
  close(): boolean {
    if (this.over || !this.session.over) return false
    this.over = true
    this.session.closed()
    return true
  }
}

/** Moves everything that can move, in a fixed order, until nothing can. Returns how many moves that were. */
export function settle(ends: readonly [End, End], room = Infinity, answer = echo): number {
  for (let moves = 0; ; moves++) {
    let moved = false
    for (const [end, other] of [ends, [ends[1], ends[0]] as const]) {
      for (const { request, respond } of end.running.splice(0)) {
        answer(request, respond)
        moved = true
      }
      moved = end.send(other, room) || moved
      moved = end.receive(64 * 1024) || moved
      moved = end.close() || moved
    }
    if (!moved) return moves
  }
}

/** Answers with the parameters. */
export function echo({ params }: Request, respond: Respond): void {
  respond(null, params)
}
