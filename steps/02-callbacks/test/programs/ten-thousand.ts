import { connect, listen, answer } from '../../src/index.ts'

// Makes 10,000 calls on one connection, 1,000 at a time, and prints what is left of them.
const rounds = 10
const width = 1_000

listen(answer, {}, (_, server) => {
  connect(server, (_, client) => {
    let missing = 0
    let round = 0
    const next = () => {
      if (round++ === rounds) return finish()
      missing = width
      for (let i = 0; i < width; i++) {
        const slow = i % 10 === 0
        client.call(slow ? 'sleep' : 'add', slow ? [1] : [i, 1], (error, result) => {
          if (error || result !== (slow ? 1 : i + 1)) throw error ?? new Error('wrong answer')
          if (--missing === 0) next()
        })
      }
    }
    const finish = () => {
      const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout')
      const { pending, unknownReplies } = client
      const left = `timers ${timers.length}, connections ${server.connections}`
      console.log(`pending ${pending}, unknownReplies ${unknownReplies}, ${left}`)
      client.close()
      client.once('close', () => server.close())
    }
    process.on('exit', () => console.log(`ended, connections ${server.connections}`))
    next()
  })
})
