import { UsageError } from '@rpc-steps/cli'
import type { Scenarios } from '@rpc-steps/course'
import { play } from './play.ts'
import type { Played } from './play.ts'
import { watched } from './watched.ts'

/** An order of one of the scenarios, and what came of it. */
export interface Found {
  /** Its place among the scenarios, from 0. */
  scenario: number
  /** Calls that are left out of it. */
  without: readonly string[]
  played: Played
}

/** The order in one word: the number of the scenario, the calls that are left out, the choices, one of 36 each. */
export function wordOf({ scenario, without, played }: Found): string {
  const choices = played.choices.map((choice) => choice.toString(36)).join('').replace(/0+$/, '')
  return `${[scenario + 1, ...without].join('-')}:${choices || '0'}`
}

/** Plays the order that a word stands for. Throws UsageError. */
export async function replay(scenarios: Scenarios, word: string): Promise<Found> {
  const [, number, names = '', digits = ''] = /^(\d+)((?:-\w+)*):([0-9a-z]+)$/.exec(word) ?? []
  const scenario = scenarios[Number(number) - 1]
  if (!scenario) throw new UsageError(`--replay must be an order like 1-b:0201, of scenarios 1 to ${scenarios.length}, not "${word}"`)
  const without = names.split('-').filter((name) => name !== '')
  const choices = [...digits].map((digit) => parseInt(digit, 36))
  const choose = (moment: number, count: number) => {
    const choice = choices[moment] ?? 0
    if (choice < count) return choice
    throw new UsageError(`"${word}" is no order here: at moment ${moment + 1} only ${count} things can happen, and it takes the one with number ${choice}`)
  }
  const played = await watched(() => play(scenario, without, choose))
  return { scenario: Number(number) - 1, without, played }
}
