import { once } from 'node:events'
import { connect } from 'node:net'
import { parseArgs } from 'node:util'
import { loadCases } from './src/cases.ts'
import { play } from './src/play.ts'
import type { Address } from './src/connections.ts'
import { exceptions, stateOf, subjects } from './src/states.ts'

const help = `usage: npm run conformance -- --address HOST:PORT [--step NAME] [--filter TEXT]

  --address HOST:PORT  the server to test, in any language
  --step NAME          what it should be able to do, for example 03-event-loop;
                       without it, cases that not every step passes are skipped
  --filter TEXT        only cases whose name contains this`

// Whoever reads our output, `head` for one, may have had enough of it.
process.stdout.on('error', () => process.exit(1))

try {
  process.exitCode = await conformance()
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}

async function conformance(): Promise<number> {
  const options = {
    address: { type: 'string' },
    step: { type: 'string' },
    filter: { type: 'string', default: '' },
    help: { type: 'boolean', short: 'h' },
  } as const
  const { values } = parseArgs({ options })
  if (values.help) return (console.log(help), 0)
  const address = readAddress(values.address)
  const { step } = values
  const known = subjects().map((subject) => subject.name)
  if (step !== undefined && !known.includes(step)) {
    throw new Error(`no step is called ${step}; there are:\n  ${known.join('\n  ')}`)
  }
  const cases = loadCases().filter((aCase) => aCase.id.includes(values.filter))
  if (cases.length === 0) throw new Error(`no case has "${values.filter}" in its name`)
  await mustListen(address)

  const count = { passed: 0, failed: 0, skipped: 0 }
  for (const aCase of cases) {
    const { state, because } = step === undefined ? stateOfAny(aCase.id) : stateOf(step, aCase.id)
    if (state === 'skip') {
      count.skipped++
      console.log(`skipped ${aCase.id}  (${because})`)
      continue
    }
    const problem = await play(aCase, address, { state, because })
    if (problem === undefined) {
      count.passed++
      const note = state === 'must fail' ? `  (fails, as it must: ${because})` : ''
      console.log(`passed  ${aCase.id}${note}`)
    } else {
      count.failed++
      console.log(`\n${problem}\n`)
    }
  }
  console.log(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
  return count.failed > 0 ? 1 : 0
}

/** For a server that is no step of ours: what not all of ours can do is not asked of it. */
function stateOfAny(caseId: string): { state: 'pass' | 'skip'; because: string } {
  const exception = exceptions.find((row) => row.case === caseId)
  if (!exception) return { state: 'pass', because: '' }
  return { state: 'skip', because: 'not every server can; name a --step' }
}

function readAddress(text: string | undefined): Address {
  const [, host, port] = /^\[?([^[\]]+?)\]?:(\d+)$/.exec(text ?? '') ?? []
  if (host === undefined || Number(port) < 1 || Number(port) > 65535) {
    throw new Error(`--address HOST:PORT must say which server to test\n\n${help}`)
  }
  return { host, port: Number(port) }
}

async function mustListen(address: Address): Promise<void> {
  const socket = connect(address)
  try {
    await once(socket, 'connect')
  } catch (error) {
    throw new Error(`no server at ${address.host}:${address.port}: ${(error as Error).message}`)
  } finally {
    socket.destroy()
  }
}
