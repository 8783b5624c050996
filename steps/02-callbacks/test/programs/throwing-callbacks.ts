import { connect, listen } from '../../src/index.ts'

// Three calls whose callbacks all throw. Prints who was told, and what reached the process.
// Argument `reply`: all are answered in one chunk; `disconnect`: none is, the connection is lost.
const disconnect = process.argv[2] === 'disconnect'

process.on('uncaughtException', (error) => console.log(`uncaught: ${error.message}`))

listen(
  (_, respond) => {
    if (!disconnect) respond(null, 'a result')
  },
  {},
  (_, server) => {
    connect(server, (_, client) => {
      for (let i = 1; i <= 3; i++) {
        client.call('method', undefined, (error) => {
          console.log(`told ${i}: ${error?.name ?? 'a result'}`)
          throw new Error(`thrown by ${i}`)
        })
      }
      client.once('close', () => server.close())
      if (disconnect) client.destroy()
      else client.close()
    })
  },
)
