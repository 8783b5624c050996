import { describe, expect, it } from 'vitest'
import { readCalls, UsageError } from '../src/index.ts'

describe('readCalls', () => {
  it.each([
    [['get_data'], [{ method: 'get_data' }]],
    [['say', '{"text":"Hello"}'], [{ method: 'say', params: { text: 'Hello' } }]],
    [['sum', '[1,2]', 'say', '{"text":"a"}', 'get_data'], [
      { method: 'sum', params: [1, 2] }, { method: 'say', params: { text: 'a' } }, { method: 'get_data' },
    ]],
    [['sum', '[]', 'sum', '{}'], [{ method: 'sum', params: [] }, { method: 'sum', params: {} }]],
    [['rpc.discover', '$/cancelRequest', 'a/b:c-d'], [
      { method: 'rpc.discover' }, { method: '$/cancelRequest' }, { method: 'a/b:c-d' },
    ]],
    [['say', ' [ "a" ] '], [{ method: 'say', params: ['a'] }]],
    // A word that looks like a name is one.
    [['say', 'null', 'true'], [{ method: 'say' }, { method: 'null' }, { method: 'true' }]],
  ])('%j', (words, calls) => {
    expect(readCalls(words)).toEqual(calls)
  })

  it.each([
    [[], /^say which method to call/],
    [['[1]'], /^expected the name of a method, not \[1\]$/],
    [['sum', '[1]', '[2]'], /^expected the name of a method, not \[2\]$/],
    [['say', '{"text":'], /^the parameters of say are no JSON \(.*\)$/],
    // As cmd, Windows PowerShell, and a Unix shell without single quotes hand it over.
    [['say', "'{text:Hello,", "server!}'"], /no JSON \(.*\); has the shell taken its double quotes away\?$/],
    [['say', '{text:Hello}'], /no JSON \(.*\); has the shell taken its double quotes away\?$/],
    [['say', '"text"'], /^the parameters of say must be a JSON object or array, not "text"$/],
    [['say', '5'], /^the parameters of say must be a JSON object or array, not 5$/],
    [['say', ''], /^the parameters of say are no JSON \(/],
  ])('%j is refused', (words, message) => {
    expect(() => readCalls(words)).toThrow(UsageError)
    expect(() => readCalls(words)).toThrow(message)
  })
})
