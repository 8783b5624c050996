import { main, readOptions } from '@rpc-steps/cli'
import { answer, listen, Loop } from '@rpc-steps/event-loop'
import { client } from './src/index.ts'
import { callsOf, connectOn, runWithPromises } from './src/promises-on-loop.ts'

const usage = `on-our-own-loop.ts

Server and client in one thread, on the loop of step 03, written with await.`

await main(async () => {
  readOptions(usage, {})
  const loop = new Loop()
  const server = listen(loop, answer)

  async function visit(): Promise<void> {
    const connection = await connectOn(loop, server)
    const api = client(callsOf(connection))
    console.log(await api.say({ text: 'Hello, loop!' }))
    const urls = ['/home', '/news', '/mail']
    console.log(await Promise.all(urls.map((url) => api.fetch({ url }))))
    connection.close()
    server.close()
  }
  const visited = visit()
  await runWithPromises(loop)
  await visited
})
