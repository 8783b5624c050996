import { closeSync, openSync, readSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import type { TraceEvent } from '@rpc-steps/trace'

/** Reads a trace file while it is being written. */
export interface Follower {
  /** The events that have come since the last time. */
  read(): TraceEvent[]
  close(): void
}

const size = 64 * 1024

/** Follows a trace file, which need not be there yet. */
export function follow(file: string): Follower {
  const buffer = Buffer.alloc(size)
  const decoder = new StringDecoder('utf8')
  let fd: number | undefined
  let rest = ''

  function* chunks() {
    try {
      fd ??= openSync(file, 'r')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
      throw error
    }
    for (let n; (n = readSync(fd, buffer, 0, size, null)) > 0; ) {
      yield decoder.write(buffer.subarray(0, n))
    }
  }
  return {
    read() {
      const events: TraceEvent[] = []
      for (const chunk of chunks()) {
        const lines = (rest + chunk).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) {
          const event = eventOf(line)
          if (event) events.push(event)
        }
      }
      // An event's line is not ended before the next event comes, and that may take a while.
      const last = eventOf(rest)
      if (last) {
        events.push(last)
        rest = ''
      }
      return events
    },
    close() {
      if (fd !== undefined) closeSync(fd)
    },
  }
}

/** The event on a line `{...},`; undefined for a bracket, or when the line is not complete. */
function eventOf(line: string): TraceEvent | undefined {
  const text = line.replace(/,$/, '')
  if (!text.startsWith('{') || !text.endsWith('}')) return undefined
  try {
    return JSON.parse(text) as TraceEvent
  } catch {
    return undefined
  }
}
