// A thread starts with plain JavaScript: under Node 20, `--import tsx` does not reach the file it
// starts with. Where Node reads TypeScript by itself, nothing is needed.
if (!process.features.typescript) {
  const { register } = await import('tsx/esm/api')
  register()
}
const { run } = await import('./thread.ts')
export default run
