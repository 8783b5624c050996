import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { main } from './main.ts'
import { UsageError } from './options.ts'

const steps = new URL('../../../steps/', import.meta.url)
const programs = ['server', 'client', 'demo']

await main(() => {
  const [number = '', program = '', ...args] = process.argv.slice(2)
  const names = readdirSync(steps).sort()
  const name = names.find((name) => parseInt(name) === Number(number))
  if (name === undefined || !programs.includes(program)) {
    const list = names.map((name) => `  ${parseInt(name)}  ${name.slice(3)}`).join('\n')
    throw new UsageError(
      `usage: npm run step NUMBER -- ${programs.join('|')} [options]\n\n${list}\n\n`,
    )
  }
  const file = fileURLToPath(new URL(`${name}/${program}.ts`, steps))
  const command = ['--import', import.meta.resolve('tsx'), file, ...args]
  const { status } = spawnSync(process.execPath, command, { stdio: 'inherit' })
  process.exitCode = status ?? 1
})
