import { announce, main, serverOptions, stopSignal } from '@rpc-steps/cli'
import { listen, serve } from './src/index.ts'

await main(() => {
  listen(serve, serverOptions(), (error, server) =>
    void main(async () => {
      if (error) throw error
      const stopped = stopSignal()
      announce(server)
      await stopped
      server.stop()
    }),
  )
})
