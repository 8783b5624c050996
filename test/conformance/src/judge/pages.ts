/** Where the pages say how it must be. */
export const pages = {
  frames: 'docs/wire.md#where-a-message-ends',
  messages: 'docs/wire.md#what-a-message-says',
  caller: 'docs/wire.md#who-asks',
  items: 'docs/wire.md#items-and-credit',
  contract: 'test/conformance/src/judge/README.md#what-is-asked-of-a-client',
} as const
