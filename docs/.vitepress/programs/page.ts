import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { main, readOptions } from '@rpc-steps/cli'
import { root } from '../source.ts'
import { recordPage } from '../record/page.ts'

const usage = `npm run page:record -w docs

Makes the calls that the page of step 12 offers, and writes what went and what came: a host that only
has files plays it. Look at the difference before you commit it.`

await main(async () => {
  readOptions(usage, {})
  const recording = await recordPage()
  const lines = Object.entries(recording).map(([name, ways]) => {
    const inside = Object.entries(ways).map(([way, happenings]) => {
      return `    "${way}": [\n${happenings.map((one) => `      ${JSON.stringify(one)}`).join(',\n')}\n    ]`
    })
    return `  "${name}": {\n${inside.join(',\n')}\n  }`
  })
  await writeFile(join(root, 'docs/steps/12-standards/page.json'), `{\n${lines.join(',\n')}\n}\n`)
})
