import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Interface } from 'node:readline'
import type { Load } from '../../src/load.ts'
import { startEcho } from './compiled.ts'

let echo: ReturnType<typeof startEcho> | undefined
let lines: Interface

/** Has the program do something; its processor time for that, in microseconds. */
async function order(text: string): Promise<number> {
  echo!.stdin.write(`${text}\n`)
  const [line] = (await once(lines, 'line')) as [string]
  return Number(line)
}

export const load: Load = {
  async open(port, { connections, inFlight, request }) {
    if (!echo) {
      echo = startEcho('load', String(port))
      echo.on('exit', () => process.exit(1))
      lines = createInterface({ input: echo.stdout })
    }
    const message = JSON.stringify({ jsonrpc: '2.0', id: 1, ...request })
    await order(`open ${connections} ${inFlight} ${message}`)
  },
  make: (calls) => order(`make ${calls}`),
  close: () => void order('close'),
}
