import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const steps = new URL('../../../steps/', import.meta.url)
const programs = ['server', 'client', 'demo']

const [node = '', , number = '', program = '', ...args] = process.argv
const names = readdirSync(steps).filter((name) => /^\d/.test(name)).sort()
const name = names.find((name) => parseInt(name) === Number(number))
if (name !== undefined && programs.includes(program)) {
  const file = new URL(`${name}/${program}.ts`, steps)
  // In this process, not in a child: so a signal to this process reaches the program.
  process.argv = [node, fileURLToPath(file), ...args]
  await import(file.href)
} else {
  const list = names.map((name) => `  ${parseInt(name)}  ${name.slice(3)}`).join('\n')
  console.error(`usage: npm run step NUMBER -- ${programs.join('|')} [options]\n\n${list}`)
  process.exitCode = 1
}
