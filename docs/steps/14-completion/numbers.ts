import { numberIn } from '../../.vitepress/words/claim.ts'
import type { Claims } from '../../.vitepress/words/claim.ts'

const kernel = 'steps/14-completion/test/kernel.test.ts'

/** Where the numbers of this chapter come from. */
export default {
  computed: [
    {
      says: ['Version 6.1 or later'],
      from: '`shared/sockets/src/uring.ts`, what an older one is told',
      is: () => [numberIn('shared/sockets/src/uring.ts', /needs Linux ([\d.]+)/)],
    },
    {
      says: ['An entry is sixteen words'],
      from: '`shared/sockets/src/uring.ts`, `ENTRY_WORDS`',
      is: () => [numberIn('shared/sockets/src/uring.ts', /ENTRY_WORDS = (\d+)/)],
    },
    {
      says: ['Sixty-four clients have', 'title="64 requests'],
      from: '`steps/14-completion/one-turn.ts`, `connections`',
      is: () => [numberIn('steps/14-completion/one-turn.ts', /connections = (\d+)/)],
    },
    {
      says: ['[a thousand connections that leave'],
      from: '`steps/14-completion/test/kernel.test.ts`, groups and their size',
      is: () => [numberIn(kernel, /group < (\d+)/) * numberIn(kernel, /length: (\d+)/)],
    },
  ],
  cited: [
    {
      says: ['at most twenty completions in one go'],
      from: "Linux' [own source](https://github.com/torvalds/linux/blob/v6.14/io_uring/io_uring.c), `IO_LOCAL_TW_DEFAULT_MAX`",
    },
    {
      says: ['[six of ten]'],
      from: 'what Google [learned from it](https://security.googleblog.com/2023/06/learnings-from-kctf-vrps-42-linux.html)',
    },
    { says: ['since its version 18'], from: "PostgreSQL's setting [io_method](https://postgresqlco.nf/doc/en/param/io_method/)" },
  ],
  examples: [
    { says: ['ten thousand idle ones would hold ten thousand buffers'], from: 'as many as in step 03' },
  ],
} satisfies Claims
