import { once } from 'node:events'
import { connect } from 'node:net'
import { main, readAddress, readOptions, textOption, UsageError } from '@rpc-steps/cli'
import type { Option } from '@rpc-steps/cli'
import type { Subject } from '@rpc-steps/course/steps'
import { loadCases } from './src/cases.ts'
import { play } from './src/play.ts'
import type { Address } from './src/connections.ts'
import { stateOf, subjectOf, subjects } from './src/states.ts'

const usage = `npm run conformance -- --address HOST:PORT [options]

Tests a server, in any language: sends what the cases say, and looks at what comes back.`

const address: Option<Address | undefined> = {
  hint: 'HOST:PORT',
  help: 'the server to test',
  default: undefined,
  read: readAddress,
}
const step: Option<Subject | undefined> = {
  hint: 'NAME',
  help: 'what it should be able to do: what this step can, such as 03',
  default: undefined,
  read: readStep,
}
const options = {
  address,
  step,
  filter: textOption('TEXT', 'only cases whose name contains this', ''),
}

await main(async () => {
  process.exitCode = await conformance()
})

async function conformance(): Promise<number> {
  const { address, step, filter } = readOptions(usage, options)
  if (address === undefined) throw new UsageError('say which server to test: --address HOST:PORT')
  const cases = loadCases().filter((aCase) => aCase.id.includes(filter))
  if (cases.length === 0) throw new UsageError(`no case has "${filter}" in its name`)
  await mustListen(address)

  const count = { passed: 0, failed: 0, skipped: 0 }
  for (const aCase of cases) {
    const { state, because } = step ? stateOf(step, aCase.id) : stateOfAny(aCase.id)
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
  const all = subjects.every((subject) => stateOf(subject, caseId).state === 'pass')
  if (all) return { state: 'pass', because: '' }
  return { state: 'skip', because: 'not every server can; name a --step' }
}

function readStep(name: string): Subject {
  try {
    return subjectOf(name)
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

async function mustListen({ host, port }: Address): Promise<void> {
  const socket = connect({ host, port })
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(10_000) })
  } catch (error) {
    // A name with several addresses, each of which was tried: the first error says enough.
    const { name, message } = (error instanceof AggregateError ? error.errors[0] : error) as Error
    const why = name === 'AbortError' ? 'nothing came in 10 s' : message
    throw Object.assign(new Error(`no server at ${host}:${port}: ${why}`), { code: 'ERR_NO_SERVER' })
  } finally {
    socket.destroy()
  }
}
