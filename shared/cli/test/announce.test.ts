import { afterEach, expect, it, vi } from 'vitest'
import { announce } from '../src/index.ts'

afterEach(() => void vi.restoreAllMocks())

it.each([
  ['127.0.0.1', 'listening on 127.0.0.1:8080'],
  ['localhost', 'listening on localhost:8080'],
  ['::1', 'listening on [::1]:8080'],
])('announce: %s', (host, line) => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  announce({ host, port: 8080 })
  expect(log.mock.calls).toEqual([[line]])
})
