import { clientOptions, main, ownOptions, printError, printResult } from '@rpc-steps/cli'
import { connect, Loop } from './src/index.ts'
import step from './step.ts'

await main(async () => {
  const { calls, ...options } = clientOptions(ownOptions(step, 'client'))
  const loop = new Loop()
  connect(loop, options, (error, client) => {
    if (error) return void main(() => Promise.reject(error))

    // The results come in any order, so each print waits in its place until the last has come.
    const prints: (() => void)[] = []
    let missing = calls.length
    calls.forEach(({ method, params }, place) => {
      client.call(method, params, (error, result) => {
        prints[place] = () => (error ? printError(method, error) : printResult(result))
        if (--missing > 0) return
        for (const print of prints) print()
        client.close()
      })
    })
  })
  await loop.run()
})
