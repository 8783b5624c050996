import { main, numberOption, readOptions } from '@rpc-steps/cli'
import { tool } from '../tool.ts'

const usage = `npm start [-- options]

Serves this site, with the lab, from the files of the repository, and follows when they change.`

await main(async () => {
  const { port } = readOptions(usage, {
    port: numberOption('PORT', 'the port, or the next one that is free', 5173, 1, 65535),
  })
  if (!(await tool('typedoc', '--options', '.vitepress/typedoc.config.mjs'))) {
    console.error('the site starts without its API reference')
  }
  if (!(await tool('vitepress', 'dev', '--port', String(port)))) process.exitCode = 1
})
