import { existsSync } from 'node:fs'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { main, numberOption, readOptions } from '@rpc-steps/cli'
import { baseFrom } from '../base.ts'
import { siteServer } from '../lab/site.ts'

const usage = `npm run docs:preview [-- options]

Serves the built site, with the lab.`

// With a code, as errors have that are foreseen: its message is all that is printed.
const notBuilt = Object.assign(new Error('there is no built site yet: npm run docs:build'), {
  code: 'ENOENT',
})

await main(async () => {
  const asked = readOptions(usage, {
    port: numberOption('PORT', 'the port; 0 takes a free one', 4173, 0, 65535),
  })
  const folder = fileURLToPath(new URL('../dist', import.meta.url))
  if (!existsSync(folder)) throw notBuilt
  const base = baseFrom(process.env['BASE'])
  const server = siteServer(folder, { base })
  await once(server.listen(asked.port, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  console.log(`the built site is at http://127.0.0.1:${port}${base}`)
})
