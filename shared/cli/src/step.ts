import { fileURLToPath } from 'node:url'
import { programOf, programsOf, steps } from '@rpc-steps/course/steps'
import { main } from './main.ts'
import { readCommandLine, UsageError } from './options.ts'

const usage = `npm run step NUMBER -- server|client|demo|... [options]

Starts a program of a step; what stands behind its name is for the program. The steps:
${steps.map(({ number, folder }) => `  ${Number(number)}  ${folder.slice(3)}`).join('\n')}`

await main(async () => {
  const [node = '', , ...args] = process.argv
  const { words } = readCommandLine(usage, {}, args.slice(0, 2))
  const [number, name] = words
  if (number === undefined) {
    throw new UsageError('say which step and which of its programs: 4 demo, for example')
  }
  const step = steps.find((one) => number !== '' && Number(one.number) === Number(number))
  if (!step) throw new UsageError(`there is no step "${number}"`)
  const programs = programsOf(step)
  if (name === undefined || !programs.includes(name)) {
    throw new UsageError(`step ${Number(number)} has the programs ${programs.join(', ')}`)
  }
  const file = programOf(step, name)
  // In this process, not in a child: so a signal to this process reaches the program.
  process.argv = [node, fileURLToPath(file), ...args.slice(2)]
  await import(file.href)
})
