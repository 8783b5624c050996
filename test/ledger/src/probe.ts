// Loaded into a server before its own code: answers questions about its heap, on stdout.
import { writeSync } from 'node:fs'
import { countAllocated } from './allocated.ts'

/** What the server is asked, as the text of an ordinary call. */
export const asks = { begin: 'ledger:begin', end: 'ledger:end', rest: 'ledger:rest' } as const

/** What it prints: bytes allocated since it was told to begin, or bytes in use when all that is garbage has been collected. */
export interface Told {
  allocated?: number
  heap?: number
}

const tell = (told: Told) => writeSync(1, `${JSON.stringify(told)}\n`)
let stop = () => 0

/** When a server is asked by a message of Node or a signal, it hears it only in Node's loop; step 01 never is there. But each reads JSON. */
const parse = JSON.parse
JSON.parse = (text: string, ...more) => {
  if (text.includes('ledger:')) {
    if (text.includes(asks.begin)) stop = countAllocated()
    else if (text.includes(asks.end)) tell({ allocated: stop() })
    else if (text.includes(asks.rest)) {
      globalThis.gc?.()
      const { heapUsed, external } = process.memoryUsage()
      tell({ heap: heapUsed + external })
    }
  }
  return parse(text, ...more) as unknown
}
