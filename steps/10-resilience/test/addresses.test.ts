import { addressText } from '@rpc-steps/cli'
import { expect, test } from 'vitest'
import { serversOption } from '../src/index.ts'

test('addresses are read, with commas between them, and said again; what is none is refused', () => {
  const text = '127.0.0.1:8081,host.example:65535,[::1]:1'
  const read = serversOption.read(text)
  expect(read).toEqual([{ host: '127.0.0.1', port: 8081 }, { host: 'host.example', port: 65535 }, { host: '::1', port: 1 }])
  expect(read!.map(addressText).join()).toBe(text)
  for (const wrong of ['', 'host', 'host:0', 'host:65536', 'host:80,', '::1:80', ':80']) {
    expect(() => serversOption.read(wrong)).toThrow(/must be HOST:PORT/)
  }
})
