import { choiceOption, clientOptions, main, printError, printResult } from '@rpc-steps/cli'
import { syscalls } from '@rpc-steps/sockets'
import { availableSelectors, connect, Loop } from './src/index.ts'

await main(async () => {
  const selectors = availableSelectors(syscalls)
  const { calls, ...options } = clientOptions({
    selector: choiceOption(selectors, 'how to ask which sockets are ready', selectors.at(-1)!),
  })
  const loop = new Loop(options)
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
