/** Who may call what, and how often. Whatever no rule allows is denied. */
export interface Rule {
  /** A principal's name, `*` for every principal, or `anybody`: also of whom nothing is known. */
  readonly who: string
  /** Names of methods; `*` is every method. */
  readonly methods: readonly string[]
  /** Calls a second that each of them may make; left out, there is no limit. */
  readonly perSecond?: number
  /** Calls that may come at once. Default: as many as a second has, and at least one. */
  readonly burst?: number
}

/** The first rule that fits decides. */
export type Policy = readonly Rule[]

/** A policy that is none. Its message says where. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError'
  readonly code = 'ERR_POLICY'
}

// #region read-policy
/**
 * Reads a policy: `{"allow": [{"who": "ada", "methods": ["say"], "perSecond": 10}]}`. What it does not know is an
 * error, because a limit that is misspelt would be none. Throws PolicyError.
 */
export function readPolicy(text: string): Policy {
  let read: unknown
  try {
    read = JSON.parse(text)
  } catch (error) {
    throw new PolicyError(`it is no JSON: ${(error as Error).message}`)
  }
  const { allow } = fields(read, 'the policy', ['allow'])
  if (!Array.isArray(allow)) throw new PolicyError('"allow" must be a list of rules')
  return allow.map((rule, i) => readRule(rule, `rule ${i + 1}`))
}

function readRule(value: unknown, where: string): Rule {
  const { who, methods, perSecond, burst } = fields(value, where, ['who', 'methods', 'perSecond', 'burst'])
  if (typeof who !== 'string' || who === '') throw new PolicyError(`${where}: "who" must be a name, "*" or "anybody"`)
  if (!Array.isArray(methods) || !methods.every((name) => typeof name === 'string')) {
    throw new PolicyError(`${where}: "methods" must be a list of names, or ["*"]`)
  }
  const rule = { who, methods }
  if (perSecond === undefined && burst === undefined) return rule
  if (!(typeof perSecond === 'number' && perSecond > 0)) throw new PolicyError(`${where}: "perSecond" must be a number above 0`)
  if (burst !== undefined && !(typeof burst === 'number' && burst >= 1)) throw new PolicyError(`${where}: "burst" must be 1 or more`)
  return { ...rule, perSecond, ...(burst !== undefined && { burst }) }
}

function fields(value: unknown, where: string, known: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new PolicyError(`${where} must be an object`)
  const strange = Object.keys(value).find((name) => !known.includes(name))
  if (strange !== undefined) throw new PolicyError(`${where}: nobody knows "${strange}"; there is ${known.join(', ')}`)
  return value as Record<string, unknown>
}
// #endregion

// #region rule-for
/** The rule that allows it; undefined if none does. `name` is undefined for somebody of whom nothing is known. */
export function ruleFor(policy: Policy, name: string | undefined, method: string): Rule | undefined {
  return policy.find(({ who, methods }) => {
    const isMeant = who === 'anybody' || (name !== undefined && (who === '*' || who === name))
    return isMeant && (methods.includes('*') || methods.includes(method))
  })
}
// #endregion
