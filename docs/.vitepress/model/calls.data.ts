// By its place: Node itself loads what has a package's name here, and cannot read TypeScript.
import { timesOf } from '../../../shared/trace/src/times.ts'
import type { CallTimes } from '../../../shared/trace/src/times.ts'
import type { TraceEvent } from '../../../shared/trace/src/event.ts'
import { recordingOf } from '../course.ts'
import { textOf } from '../source.ts'

/** Recorded calls that the page about the model takes apart. */
export interface Calls {
  /** One call after another, and this is one of them. */
  alone: CallTimes
  /** Five clients, one thread: the client that was served last. */
  last: CallTimes
  /** Five fetches and two workers: one that had to wait. */
  queued: CallTimes
}

export declare const data: Calls

const callsOf = (trace: string) =>
  timesOf(JSON.parse(textOf(recordingOf(`${trace}.json`))) as TraceEvent[])

export default {
  watch: ['../../steps/*/traces/{04-five-fetches,01-five-clients,06-five-fetches}.json'],
  load(): Calls {
    return {
      // The first call would be longer: it finds the code cold.
      alone: callsOf('04-five-fetches')[1]!,
      queued: callsOf('06-five-fetches').find(({ queue }) => queue > 0)!,
      last: callsOf('01-five-clients').reduce((a, b) => (b.total > a.total ? b : a)),
    }
  },
}
