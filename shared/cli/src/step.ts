import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { main } from './main.ts'
import { readCommandLine, UsageError } from './options.ts'

const steps = new URL('../../../steps/', import.meta.url)
const programs = ['server', 'client', 'demo']

const folders = readdirSync(steps).filter((name) => /^\d/.test(name)).sort()
const usage = `npm run step NUMBER -- ${programs.join('|')} [options]

Starts a program of a step; what stands behind its name is for the program. The steps:
${folders.map((name) => `  ${parseInt(name)}  ${name.slice(3)}`).join('\n')}`

await main(async () => {
  const [node = '', , ...args] = process.argv
  const { words } = readCommandLine(usage, {}, args.slice(0, 2))
  const [number, program] = words
  if (number === undefined) {
    throw new UsageError('say which step and which of its programs: 4 demo, for example')
  }
  const folder = folders.find((name) => number !== '' && parseInt(name) === Number(number))
  if (folder === undefined) throw new UsageError(`there is no step "${number}"`)
  if (program === undefined || !programs.includes(program)) {
    throw new UsageError(`step ${parseInt(folder)} has the programs ${programs.join(', ')}`)
  }
  const file = new URL(`${folder}/${program}.ts`, steps)
  // In this process, not in a child: so a signal to this process reaches the program.
  process.argv = [node, fileURLToPath(file), ...args.slice(2)]
  await import(file.href)
})
