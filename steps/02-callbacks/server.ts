import { announce, main, serverOptions, stopSignal } from '@rpc-steps/cli'
import { answer, listen } from './src/index.ts'

await main(() => {
  listen(answer, serverOptions(), (error, server) =>
    void main(async () => {
      if (error) throw error
      const stopped = stopSignal()
      announce(server)
      await stopped
      server.close()
    }),
  )
})
