import { choiceOption, main, readOptions } from '@rpc-steps/cli'
import { scenes } from './tried/scenes.ts'
import type { Row, Scene } from './tried/scenes.ts'

const usage = `storm.ts [options]

What was meant to help, with and without what bounds it: the same server and the same callers, in
a time that is worked out and not waited for. A bar is what the server is asked, in a second or in
a tenth of one; its part with = is what it answers.`

/** Characters of the longest bar. */
const width = 30

await main(async () => {
  const { scene } = readOptions(usage, { scene: choiceOption(['all', ...Object.keys(scenes)], 'what is shown', 'all') })
  for (const [name, each] of Object.entries(scenes)) {
    if (scene === 'all' || scene === name) console.log(await draw(each))
  }
})

async function draw({ title, wrong, right, stretch, play }: Scene): Promise<string> {
  const [left, other] = [await play(true), await play(false)]
  const most = Math.max(...[...left, ...other].map(({ asked }) => asked))
  const bar = ({ asked, answered }: Row) => {
    const length = Math.ceil((asked / most) * width)
    const full = Math.min(length, Math.round((answered / most) * width))
    return `${'='.repeat(full)}${'#'.repeat(length - full)}`.padEnd(width) + String(asked).padStart(6)
  }
  const head = `${'s'.padStart(5)}  ${wrong.padEnd(width)} asked  ${right.padEnd(width)} asked`
  const lines = left.map((row, i) => `${((i * stretch) / 1000).toFixed(stretch < 1000 ? 1 : 0).padStart(5)}  ${bar(row)}  ${bar(other[i]!)}`)
  return [title, '', head, ...lines, ''].join('\n')
}
