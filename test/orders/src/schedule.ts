import { UsageError } from '@rpc-steps/cli'
import type { Scenarios } from '@rpc-steps/course'
import { play } from './play.ts'
import type { Found } from './search.ts'
import { watched } from './watched.ts'

/** An order in one word: the number of the scenario, the calls that are left out, the choices (one of 36 each). */
export function scheduleOf({ scenario, without, played }: Found): string {
  const choices = played.choices.map((choice) => choice.toString(36)).join('').replace(/0+$/, '')
  return `${[scenario + 1, ...without].join('-')}:${choices || '0'}`
}

/** Plays the order that a word stands for. Throws UsageError. */
export async function replay(scenarios: Scenarios, schedule: string): Promise<Found> {
  const [, number, names = '', digits = ''] = /^(\d+)((?:-\w+)*):([0-9a-z]+)$/.exec(schedule) ?? []
  const scenario = scenarios[Number(number) - 1]
  if (!scenario) throw new UsageError(`"${schedule}" is no order: it is like 1-b:0201, and there are ${scenarios.length} scenarios`)
  const without = names.split('-').filter((name) => name !== '')
  const choices = [...digits].map((digit) => parseInt(digit, 36))
  const played = await watched(() =>
    play(scenario, without, (moment, count) => {
      const choice = choices[moment] ?? 0
      if (choice < count) return choice
      throw new UsageError(`"${schedule}" is of another version: only ${count} things can happen at moment ${moment + 1}, and it takes the one at ${choice + 1}`)
    }),
  )
  return { scenario: Number(number) - 1, without, played }
}
