import { about, numberIn } from '../../.vitepress/words/claim.ts'
import type { Claims } from '../../.vitepress/words/claim.ts'

/** Where the numbers of this chapter come from. */
export default {
  computed: [
    {
      says: ['asks for up to 64 KiB'],
      from: '`steps/01-blocking-sockets/src/stream.ts`, the buffer',
      is: () => [numberIn('steps/01-blocking-sockets/src/stream.ts', /Slow\(([\d* ]+)\)/) / 1024],
    },
    {
      says: ['It took 0.3 seconds'],
      from: '`docs/steps/01-blocking-sockets/traces/01-strace-client.txt`, the first `recvfrom`',
      is: () => {
        const took = numberIn('docs/steps/01-blocking-sockets/traces/01-strace-client.txt', /recvfrom.*<(.*)>/)
        return [about(took * 10, 1) / 10]
      },
    },
    {
      says: ['as `listen` asked for, 4,096 here'],
      from: '`steps/01-blocking-sockets/src/server.ts`, `backlog`',
      is: () => [numberIn('steps/01-blocking-sockets/src/server.ts', /backlog = (\d+)/)],
    },
    {
      says: ['the server sleeps its 600 milliseconds'],
      from: 'the command above it',
      is: () => [numberIn('docs/steps/01-blocking-sockets/index.md', /sleep '\{"ms":(\d+)\}'/)],
    },
    {
      says: ['five threads'],
      from: '`docs/steps/01-blocking-sockets/scenes.ts`',
      is: () => [numberIn('docs/steps/01-blocking-sockets/scenes.ts', /threads: (\d+)/)],
    },
  ],
} satisfies Claims
