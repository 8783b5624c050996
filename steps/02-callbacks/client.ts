import { clientOptions, main, printError, printResult } from '@rpc-steps/cli'
import { connect } from './src/index.ts'

await main(() => {
  const { calls, ...options } = clientOptions()
  connect(options, (error, client) => {
    if (error) return void main(() => Promise.reject(error))

    // #region join
    // Results come in any order, so each print waits in its place for the last one.
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
    // #endregion
  })
})
