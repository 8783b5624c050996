/**
 * The path that the site lives under, such as `/rpc-steps/`, from the environment variable BASE.
 *
 * @throws Error when it does not begin and end with a slash, as VitePress needs it.
 */
export function baseFrom(value: string | undefined): string {
  const base = value || '/'
  if (!/^\/(?:[^/].*\/)?$/.test(base)) {
    throw new Error(`BASE must begin and end with a slash, such as /rpc-steps/, but is ${base}`)
  }
  return base
}
