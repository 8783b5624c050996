import { main, readOptions } from '@rpc-steps/cli'
import { tool } from '../tool.ts'

const usage = `npm run docs:build

Builds this site as it is published, into docs/.vitepress/dist. SITE, such as
https://example.org, and BASE, such as /rpc-steps/, in the environment say where it will stand.`

const strict = ['--logLevel', 'Warn', '--treatValidationWarningsAsErrors']

await main(async () => {
  readOptions(usage, {})
  const checked = await tool('typedoc', '--options', '.vitepress/typedoc.config.mjs', ...strict)
  if (!checked || !(await tool('vitepress', 'build'))) process.exitCode = 1
})
