import type { System } from './info.ts'

/** The programs of a step that may have options of their own. */
export type Program = 'server' | 'client'

/** Options of a step by their names. */
export type OwnOptions = Readonly<Record<string, OwnOption>>
/** An option that only this step has: described once, for its command line and for the lab. */
export type OwnOption = NumberOption | ChoiceOption | TextOption | FlagOption

/** What all options say. */
export interface AnyOption {
  /** The programs that take it; none where it says how many of them there are. */
  of: readonly Program[]
  /** What `--help` says of it. */
  help: string
  /** Its field in the lab; left out, the lab does not offer it. */
  lab?: LabField
}

/** An option that takes a whole number. */
export interface NumberOption extends AnyOption {
  /** What `--help` writes for the number. */
  hint: string
  least: number
  most: number
  /** Left out, nothing is what one gets without it. */
  default?: number
}

/** An option that takes any text, such as the name of a file. Without it there is none. */
export interface TextOption extends AnyOption {
  /** What `--help` writes for the text. */
  hint: string
  text: true
  lab?: never
}

/** An option that is there or is not. */
export interface FlagOption extends AnyOption {
  flag: true
  lab?: never
}

/** An option that takes one of a few words. The last that this system has is what one gets without. */
export interface ChoiceOption extends AnyOption {
  choices: readonly string[]
  /** What each program is started with for a choice, where no program takes the option itself. */
  stands?: Readonly<Record<string, Partial<Readonly<Record<Program, string>>>>>
  /** Choices that only one system has. */
  only?: Readonly<Record<string, System>>
}

/** How the lab asks for an option. */
export interface LabField {
  label: string
  /** What the field says when the option is left out. */
  without: string
  /** Bounds that are tighter than those of the command line. */
  least?: number
  most?: number
  /** What the option does, in a few words; `#` is its value. */
  says: string
  /** The same for the value 1, and less. */
  saysOne?: string
  /** With it calls may fail, and that is what is to be seen. */
  fails?: true
  /**
   * It can be changed while answers come in pieces: the client reads lines from its stdin, of which a number
   * is the new value, and `stop` breaks off. A step has at most one such option, and it takes a number.
   */
  live?: true
}

/** The choices that a system has, the best one last. */
export function choicesOn(system: string, { choices, only = {} }: ChoiceOption): string[] {
  return choices.filter((name) => only[name] === undefined || only[name] === system)
}
