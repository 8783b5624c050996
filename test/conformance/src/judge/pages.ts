/** Where the pages say how it must be. */
export const pages = {
  written: 'docs/wire.md#how-a-frame-is-written',
  read: 'docs/wire.md#how-a-frame-is-read',
  lines: 'docs/wire.md#one-text-a-line',
  limits: 'docs/wire.md#limits',
  message: 'docs/wire.md#what-a-message-says',
  ids: 'docs/wire.md#ids',
  parameters: 'docs/wire.md#parameters',
  methods: 'docs/wire.md#methods',
  notifications: 'docs/wire.md#notifications',
  batches: 'docs/wire.md#batches',
  meta: 'docs/wire.md#more-members',
  deadlines: 'docs/wire.md#deadlines-and-cancels',
  caller: 'docs/wire.md#who-calls',
  items: 'docs/wire.md#items-and-credit',
  contract: 'test/conformance/src/judge/README.md#what-is-asked-of-a-client',
} as const
