import { choicesOn } from '@rpc-steps/course'
import type { ChoiceOption, NumberOption, OwnOption, Program, StepInfo } from '@rpc-steps/course'
import { choiceOption, flagOption, numberOption, textOption } from './options.ts'
import type { Option } from './options.ts'

/** What an option is read as. */
type Read<O> = O extends { choices: readonly (infer T extends string)[] }
  ? T
  : O extends { text: true } ? string | undefined
  : O extends { flag: true } ? boolean
  : O extends { default: number } ? number : number | undefined
/** The options of a step that a program takes. */
type Own<I extends StepInfo, P extends Program> = {
  [N in keyof I['options'] as I['options'][N] extends { of: readonly (infer Q)[] }
    ? P extends Q ? N : never
    : never]: Option<Read<I['options'][N]>>
}

/** The options that a program of a step takes beside those that all take, from its `step.ts`. */
export function ownOptions<const I extends StepInfo, const P extends Program>(
  { options = {} }: I,
  program: P,
): Own<I, P> {
  const own = Object.entries(options).filter(([, { of }]) => of.includes(program))
  return Object.fromEntries(own.map(([name, option]) => [name, readerOf(option)])) as Own<I, P>
}

function readerOf(option: OwnOption): Option<unknown> {
  if ('choices' in option) return choiceReader(option)
  if ('text' in option) return textOption(option.hint, option.help, undefined)
  return 'flag' in option ? flagOption(option.help) : numberReader(option)
}

function numberReader({ hint, help, default: byDefault, least, most }: NumberOption) {
  return numberOption(hint, help, byDefault, least, most)
}

function choiceReader(option: ChoiceOption) {
  const here = choicesOn(process.platform, option)
  return choiceOption(here, option.help, here.at(-1)!)
}
